// The page: brings its three parts together.

import { onAsk } from "./ask.js";
import { onText } from "./texts.js";
import { add } from "./wire.js";

const { verifyText } = onAsk(add);
onText(verifyText);
