// Joins the page's three parts: the forms, the phone, the wire.

import { onAsk } from "./ask.js";
import { onText } from "./texts.js";
import { add } from "./wire.js";

const { verifyText } = onAsk(add);
onText(verifyText);
