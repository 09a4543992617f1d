"use strict";
/* The Markdown editor's manners, and the periods of a ranking table. */
{
    const EDITOR = ".markdownx-editor";

    let words = {};
    let script = null;

    /* Events are caught on the window, before django-markdownx hears them on the textarea: its
       keys would trap Tab, and its uploads would write an error message into the text. */

    window.addEventListener("keydown", (event) => {
        if (event.target.matches?.(EDITOR)) {
            event.stopPropagation();
        }
    }, true);

    for (const [type, carrier] of [["paste", "clipboardData"], ["drop", "dataTransfer"]]) {
        window.addEventListener(type, (event) => {
            const files = event[carrier]?.files;
            if (event.target.matches?.(EDITOR) && files?.length) {
                event.preventDefault();
                event.stopPropagation();
                upload(event.target, [...files]);
            }
        }, true);
    }

    async function upload(editor, files) {
        for (const file of files) {
            say(editor, words.uploading);
            say(editor, await send(editor, file));
        }
    }

    /* Insert the picture and return what to tell the editor. */
    async function send(editor, file) {
        const form = new FormData();
        form.append("image", file);
        const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
        const address = editor.dataset.markdownxUploadUrlsPath;
        let response;
        try {
            response = await fetch(address, {
                method: "POST", body: form, headers: {"X-CSRFToken": token},
            });
        } catch {
            return words.failed;
        }
        // A page instead of an answer comes from before our own view, or from its fault.
        const answer = await response.json().catch(() => ({}));
        if (answer.image_code) {
            insert(editor, answer.image_code);
            return words.inserted;
        }
        if (!answer.error) {
            console.error(`The upload answers ${response.status} ${response.url}`);
        }
        return answer.error ?? words.refused;
    }

    /* Write on a line of its own after the selection, so that nothing selected is replaced. */
    function insert(editor, code) {
        const at = editor.selectionEnd;
        const before = at === 0 || editor.value[at - 1] === "\n" ? "" : "\n";
        const after = editor.value[at] === "\n" ? "" : "\n";
        editor.setRangeText(before + code + after, at, at, "end");
        editor.dispatchEvent(new Event("input", {bubbles: true}));
    }

    function say(editor, text) {
        editor.closest(".markdownx").querySelector("[role=status]").textContent = text;
    }

    function addTools(editor) {
        const tools = document.createElement("p");
        tools.className = "editor-tools";
        const picker = document.createElement("input");
        picker.type = "file";
        picker.accept = "image/jpeg,image/png,image/webp";
        picker.multiple = true;
        picker.hidden = true;
        const button = document.createElement("button");
        button.type = "button";
        button.className = "button";
        button.textContent = words.insert;
        const status = document.createElement("span");
        status.setAttribute("role", "status");
        status.textContent = words.hint;
        button.addEventListener("click", () => picker.click());
        picker.addEventListener("change", (event) => {
            event.stopPropagation();
            upload(editor, [...picker.files]);
            picker.value = "";
        });
        tools.append(button, picker, status);
        editor.closest(".markdownx").prepend(tools);
    }

    /* An error page instead of a preview would be put into the page whole. */
    document.addEventListener("markdownx.update", noteBrokenPreview, true);
    document.addEventListener("markdownx.updateError", noteBrokenPreview, true);

    function noteBrokenPreview(event) {
        const preview = event.target.querySelector?.(".markdownx-preview");
        const isPage = /<html/i.test(event.detail?.[0] ?? "");
        if (preview && (isPage || event.type === "markdownx.updateError")) {
            const note = document.createElement("p");
            note.className = "errornote";
            note.textContent = words.noPreview;
            preview.replaceChildren(note);
        }
    }

    /* django-markdownx starts the editors that are there when its script runs. The empty row of
       an inline must wait until it is copied, and the script then runs again for the copies. */

    document.addEventListener("DOMContentLoaded", () => {
        words = document.getElementById("manage-words")?.dataset ?? {};
        script = document.querySelector("script[src*='markdownx/js/markdownx']");
        for (const editor of document.querySelectorAll(EDITOR)) {
            if (editor.closest(".empty-form")) {
                editor.setAttribute("data-markdownx-init", "");
            } else {
                addTools(editor);
            }
        }
        document.querySelectorAll(".inline-related:not(.empty-form)").forEach(showPeriods);
    });

    document.addEventListener("formset:added", (event) => {
        const editors = event.target.querySelectorAll(EDITOR);
        for (const editor of editors) {
            editor.removeAttribute("data-markdownx-init");
            addTools(editor);
        }
        if (editors.length && script) {
            const again = document.createElement("script");
            again.src = script.src;
            document.head.append(again);
        }
        showPeriods(event.target);
    });

    /* Show the periods of the chosen ranking only. */

    document.addEventListener("change", (event) => {
        if (event.target.matches("select[name$='-ranking']")) {
            const row = event.target.closest(".inline-related");
            showPeriods(row);
            row.querySelectorAll(".ranking-periods > [hidden] :checked").forEach((box) => {
                box.checked = false;
            });
        }
    });

    function showPeriods(row) {
        const title = row.querySelector("select[name$='-ranking']")?.selectedOptions[0]?.text;
        row.querySelectorAll("div.ranking-periods > div").forEach((group) => {
            group.hidden = group.querySelector("label").textContent !== title;
        });
    }
}
