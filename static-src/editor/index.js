/* Put an editor over every Markdown field: those of the page, and those of rows that are added; and
   show the page that becomes of it. */

import {startEditor} from "./surface.js";
import {startTypedPreview} from "./typed_preview.js";

const FIELD = "textarea.markdownx-editor";

function startAll(root) {
    for (const field of root.querySelectorAll(FIELD)) {
        // The empty row of an inline is only copied.
        if (!field.closest(".empty-form")) {
            startEditor(field);
        }
    }
}

if (document.getElementById("editor-tools")) {
    startAll(document);
    startTypedPreview();
    document.addEventListener("formset:added", (event) => startAll(event.target));
}
