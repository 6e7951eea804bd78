"""A login by phone number in Flask, which is also the sign-up.

Flask's session is a cookie, and a person can send an old cookie again. So the session holds only an
ID and the CSRF token. The server keeps the login attempts and the logins.
"""

import os
import secrets

from flask import Flask, abort, render_template_string, request, session
from serverless_otp import OtpClient, Say

from clients.python.examples.login import Answer, Login
from clients.python.examples.store import InSqlite

PAGE = """<!doctype html><title>Log in</title>
{% macro form(path, field, button) %}<form method="post" action="{{ path }}">
<input type="hidden" name="csrf" value="{{ session.csrf }}">
{% if field %}<input name="{{ field }}" aria-label="{{ field }}" required>{% endif %}
<button>{{ button }}</button></form>{% endmacro %}
<p>{{ answer.say.value if answer }}</p>
{% if answer.wait_seconds %}<p>Another code: in {{ answer.wait_seconds }} s.</p>{% endif %}
{% if phone %}<p>Logged in: {{ phone }}</p>{{ form("/logout", "", "Log out") }}
{% else %}{{ form("/code", "phone", "Text me a code") }}{{ form("/verify", "code", "Log in") }}
{% endif %}"""

app = Flask(__name__)
app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
app.config.from_prefixed_env()  # FLASK_SECRET_KEY; with https, FLASK_SESSION_COOKIE_SECURE=true

# Ten seconds, because gunicorn kills a worker that does not answer for thirty.
client = OtpClient(api_url=os.environ["API_URL"], deadline_seconds=10)
login = Login(client, InSqlite("attempts.sqlite"), phone_alone=True)
people = InSqlite("people.sqlite")  # the logged-in numbers, by session ID


@app.before_request
def check_form() -> None:
    """Refuse the forms of other sites: they do not know the CSRF token."""
    if "id" not in session:
        start_session()
    known, token = session["csrf"], request.form.get("csrf", "")
    if request.method == "POST" and not secrets.compare_digest(known.encode(), token.encode()):
        abort(400)


def start_session() -> None:
    """Start a session with a new ID and CSRF token."""
    session.update(id=secrets.token_urlsafe(), csrf=secrets.token_urlsafe())


@app.get("/")
def show(answer: Answer | None = None) -> str:
    """Show the page, with the answer for the person."""
    return render_template_string(PAGE, answer=answer, phone=people.get(session["id"]))


@app.post("/code")
def send_code() -> str:
    """Text a code. A number without a country code is read as a US number."""
    return show(login.request_code(session["id"], request.form["phone"], "US"))


@app.post("/verify")
def verify() -> str:
    """Verify the code, and log the number in under a new session ID."""
    answer = login.verify(session["id"], request.form["code"])
    if answer.say is Say.WELCOME and answer.phone:
        start_session()
        people.swap(session["id"], None, answer.phone)
    return show(answer)


@app.post("/logout")
def log_out() -> str:
    """Log out on the server, because the old cookie may be sent again."""
    people.swap(session["id"], people.get(session["id"]), "")
    start_session()
    return show()
