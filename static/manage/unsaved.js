"use strict";
/* Whatever form of the staff's it is: nothing typed is lost without a word, and a second press while
   the first is under way sends nothing. */
{
    const PATIENCE = 20_000;
    const OURS = "#content form[method=post]";
    const LISTS = "#changelist-form, #queue-form";
    const MAIN = ":has(.submit-row)";
    const REFUSED = "[data-unsaved], :has(.errornote, [aria-invalid=true])";
    const TOKEN = "[name=csrfmiddlewaretoken]";

    const {signIn, unanswered, refused} = document.currentScript.dataset;
    const changed = new Set();
    let states = new WeakMap();

    /* The ticks of a list are soon made again. */
    function note(event) {
        const form = event.target.form;
        const isTick = event.target.type === "checkbox" && form?.matches(LISTS);
        if (form?.matches(OURS) && !isTick) {
            changed.add(form);
        }
    }

    document.addEventListener("input", note);
    document.addEventListener("change", note);

    document.addEventListener("DOMContentLoaded", () => {
        for (const form of document.querySelectorAll(OURS)) {
            if (form.matches(REFUSED)) {
                changed.add(form);
            }
        }
    });

    window.addEventListener("beforeunload", (event) => {
        if (changed.size) {
            event.preventDefault();
            // Whoever stays may send again.
            states = new WeakMap();
        }
    });

    window.addEventListener("pageshow", (event) => {
        if (event.persisted) {
            states = new WeakMap();
        }
    });

    document.addEventListener("submit", async (event) => {
        const form = event.target;
        if (event.defaultPrevented || !form.matches(OURS)) {
            return;
        }
        const state = states.get(form);
        // Some scripts change fields without an event, so a page's main form always asks.
        const mayLose = changed.has(form) || form.matches(MAIN);
        if (state === "ready" || (!state && !mayLose)) {
            states.set(form, "sent");
            changed.delete(form);
            // Whoever stopped the loading may send again.
            setTimeout(() => states.delete(form), PATIENCE);
            return;
        }
        event.preventDefault();
        if (state) {
            return;
        }
        states.set(form, "asking");
        const [fault] = await Promise.all([renewToken(form), ...waitedFor(form)]);
        if (fault) {
            form.dispatchEvent(new Event("notsent"));
            tell(event.submitter?.closest(".submit-row, p") ?? form.lastElementChild, fault);
        } else {
            states.set(form, "ready");
            form.requestSubmit(event.submitter);
        }
        if (states.get(form) !== "sent") {
            states.delete(form);
        }
    });

    /* Ctrl+S saves and stays, where a form has a button for that. By the key's place, since a Korean
       keyboard gives another letter. */
    document.addEventListener("keydown", (event) => {
        const isSave = event.code === "KeyS" || event.key.toLowerCase() === "s";
        if (!isSave || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) {
            return;
        }
        const form = event.target.closest(OURS) ?? document.querySelector(`${OURS}${MAIN}`);
        const button = form?.querySelector("[name=_continue]")
            ?? form?.querySelector(".submit-row [type=submit]");
        if (button) {
            event.preventDefault();
            form.requestSubmit(button);
        }
    });

    /* What else is being sent for the form may ask it to wait: it must not arrive after it. */
    function waitedFor(form) {
        const waits = [];
        const waitUntil = (promise) => waits.push(promise);
        form.dispatchEvent(new CustomEvent("beforesending", {detail: {waitUntil}}));
        return waits;
    }

    /* Whoever was signed out while writing would be led to the sign-in, and whoever writes on what
       is gone to another page. So ask for the page first; and after a new sign-in in another window,
       take that one's token. Return what to tell when the form cannot be sent. */
    async function renewToken(form) {
        try {
            const answer = await load(location.href);
            if (!answer || new URL(answer.url).pathname === signIn) {
                return unanswered;
            }
            const page = new DOMParser().parseFromString(answer.text, "text/html");
            // All of a session's tokens are equally good, whichever form they stand in.
            const token = page.querySelector(TOKEN)?.value;
            if (answer.status !== 200 || answer.redirected || !token) {
                throw new Error(`Not sent: ${location.href} answers ${answer.status} ${answer.url}`);
            }
            form.querySelector(TOKEN).value = token;
            return null;
        } catch (error) {
            console.error(error);
            return refused;
        }
    }

    /* Return what the server answers, or null when it does not. */
    async function load(address) {
        const signal = AbortSignal.timeout(PATIENCE);
        try {
            const answer = await fetch(address, {signal});
            const {url, status, redirected} = answer;
            return {url, status, redirected, text: await answer.text()};
        } catch {
            return null;
        }
    }

    function tell(row, text) {
        document.querySelector(".unsaved-note")?.remove();
        const said = document.createElement("p");
        said.className = "errornote unsaved-note";
        said.setAttribute("role", "alert");
        said.textContent = text;
        row.before(said);
    }
}
