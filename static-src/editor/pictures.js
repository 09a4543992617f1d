/* Pictures: sent to the server, written into the text, and given a caption. */

import {EditorView} from "@codemirror/view";

import {insertBlock} from "./commands.js";

const PICTURE = /!\[((?:[^\]\\]|\\.)*)\]\(([^\s()]+)(?:[ \t]+"((?:[^"\\]|\\.)*)")?[ \t]*\)/g;

/* A clipboard that has text too comes from a word processor, which adds a picture of that text. */
function filesOf(carrier) {
    return carrier && !carrier.getData("text/plain").trim() ? [...carrier.files] : [];
}

export function pictureHandlers(uploads) {
    const take = (carrier) => (event, view) => {
        const files = filesOf(event[carrier]);
        if (files.length) {
            const at = carrier === "dataTransfer"
                ? view.posAtCoords({x: event.clientX, y: event.clientY}) : null;
            uploads.send(files, at);
        }
        return files.length > 0;
    };
    return EditorView.domEventHandlers({paste: take("clipboardData"), drop: take("dataTransfer")});
}

export function uploadsOf(field, tools) {
    const {words} = tools;
    const places = new Set();
    let view;

    function start(started) {
        view = started;
        tools.picker.addEventListener("change", (event) => {
            event.stopPropagation();
            send([...tools.picker.files]);
            tools.picker.value = "";
        });
    }

    /* Where a picture goes stays the same place while the text around it is written on. */
    function follow(update) {
        for (const place of places) {
            place.at = update.changes.mapPos(place.at, 1);
            place.isLeft ||= update.docChanged;
        }
    }

    async function send(files, at = null) {
        const place = {at: at ?? view.state.selection.main.to, isLeft: false};
        places.add(place);
        for (const file of files) {
            tools.say(words.uploading);
            tools.say(await sendOne(file, place));
        }
        places.delete(place);
    }

    /* Insert the picture and return what to tell the editor. */
    async function sendOne(file, place) {
        const form = new FormData();
        form.append("image", file);
        const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
        let response;
        try {
            response = await fetch(field.dataset.markdownxUploadUrlsPath, {
                method: "POST", body: form, headers: {"X-CSRFToken": token},
            });
        } catch {
            return words.failed;
        }
        // A page instead of an answer comes from before our own view, or from its fault.
        const answer = await response.json().catch(() => ({}));
        if (answer.image_code) {
            await isNotComposing(view);
            const [begin, end] = [2, answer.image_code.indexOf("]")];
            const isFree = !place.isLeft;
            insertBlock(view, place.at, answer.image_code, isFree && [begin, end]);
            place.isLeft = !isFree;
            if (isFree) {
                view.focus();
            }
            return words.inserted;
        }
        if (!answer.error) {
            console.error(`The upload answers ${response.status} ${response.url}`);
        }
        return answer.error ?? words.refused;
    }

    return {start, follow, send, choose: () => tools.picker.click()};
}

/* Nothing is written into the text while a syllable is being composed. */
export async function isNotComposing(view) {
    while (view.composing || view.compositionStarted) {
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

/* A field for the caption of the picture in which the cursor stands. */
export function captionOf(tools) {
    const {panel, input} = tools.caption;
    let view, picture;

    function pictureAt({doc, selection: {main}}) {
        const line = doc.lineAt(main.head);
        for (const match of line.text.matchAll(PICTURE)) {
            const from = line.from + match.index;
            if (from <= main.from && main.to <= from + match[0].length) {
                return {from, to: from + match[0].length, match};
            }
        }
        return null;
    }

    function follow(update) {
        if ((update.selectionSet || update.docChanged) && !update.view.composing) {
            picture = pictureAt(update.state);
            panel.hidden = !picture;
            if (picture && document.activeElement !== input) {
                input.value = (picture.match[3] ?? "").replace(/\\(.)/g, "$1");
            }
        }
    }

    function write() {
        if (!picture) {
            return;
        }
        const [, alt, address] = picture.match;
        const text = input.value.trim().replace(/[\\"]/g, "\\$&");
        const insert = `![${alt}](${address}${text ? ` "${text}"` : ""})`;
        const {from, to} = picture;
        if (view.state.sliceDoc(from, to) !== insert) {
            const head = from + 2;
            view.dispatch({
                changes: {from, to, insert},
                selection: {anchor: head, head: head + alt.length},
                userEvent: "input",
            });
        }
    }

    function start(started) {
        view = started;
        input.addEventListener("change", (event) => {
            event.stopPropagation();
            write();
        });
        input.addEventListener("input", (event) => event.stopPropagation());
        input.addEventListener("keydown", (event) => {
            if (event.key === "Enter") {
                // Enter never sends the form.
                event.preventDefault();
                if (!event.isComposing) {
                    write();
                    view.focus();
                }
            }
        });
    }

    return {start, follow};
}
