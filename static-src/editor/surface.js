/* CodeMirror over a textarea, which stays the field that is sent. */

import {
    defaultKeymap, history, historyKeymap, indentLess, indentMore, redo, undo,
} from "@codemirror/commands";
import {
    commonmarkLanguage, deleteMarkupBackward, insertNewlineContinueMarkupCommand,
} from "@codemirror/lang-markdown";
import {
    Language, LanguageSupport, forceParsing, indentUnit, syntaxHighlighting,
} from "@codemirror/language";
import {openSearchPanel, search, searchKeymap} from "@codemirror/search";
import {EditorState} from "@codemirror/state";
import {EditorView, dropCursor, keymap} from "@codemirror/view";

import {
    insertLink, insertTable, toggleBold, toggleHeading, toggleList, toggleQuotation,
} from "./commands.js";
import {libraryOf} from "./library.js";
import {pasteOf} from "./paste.js";
import {captionOf, pictureHandlers, uploadsOf} from "./pictures.js";
import {previewOf} from "./preview.js";
import {rankingMarks, rankingMenu} from "./rankings.js";
import {reportOf} from "./report.js";
import {highlighting, theme} from "./theme.js";
import {makeTools} from "./toolbar.js";

/* The house reads neither HTML nor headings that are underlined. */
const houseMarkdown = new LanguageSupport(new Language(
    commonmarkLanguage.data,
    commonmarkLanguage.parser.configure({remove: ["SetextHeading", "HTMLBlock", "HTMLTag"]}),
    [],
    "markdown",
));

const PATIENCE = 200;

/* What goes by the text's structure waits for it: a busy machine may be behind with reading it. */
function onceRead(command) {
    return (view) => {
        forceParsing(view, view.state.selection.main.head, PATIENCE);
        return command(view);
    };
}

// Tab leaves the field, as everywhere on the page.
const KEYS = [
    {key: "Enter", run: onceRead(insertNewlineContinueMarkupCommand({nonTightLists: false}))},
    {key: "Backspace", run: onceRead(deleteMarkupBackward)},
    {key: "Mod-Shift-z", run: redo},
    {key: "Mod-b", run: toggleBold},
    {key: "Mod-k", run: insertLink},
    {key: "Mod-Alt-2", run: toggleHeading},
    {key: "Mod-Shift-7", run: toggleList},
    {key: "Mod-Shift-9", run: toggleQuotation},
    {key: "Mod-]", run: indentMore},
    {key: "Mod-[", run: indentLess},
];

export function startEditor(field) {
    const label = document.querySelector(`label[for="${CSS.escape(field.id)}"]`);
    const tools = makeTools();
    const host = document.createElement("div");
    host.className = "markdown-editor";
    const root = host.attachShadow({mode: "open"});
    const uploads = uploadsOf(field, tools);
    const caption = captionOf(tools);
    const library = libraryOf(tools);
    const paste = pasteOf(field, tools, reportOf(tools));
    const preview = previewOf(field);
    let isOurs = false;

    const view = new EditorView({
        root,
        parent: root,
        state: EditorState.create({
            doc: field.value,
            extensions: [
                history(),
                houseMarkdown,
                syntaxHighlighting(highlighting),
                indentUnit.of("  "),
                EditorView.lineWrapping,
                dropCursor(),
                search({top: true}),
                EditorState.phrases.of(tools.phrases),
                EditorView.contentAttributes.of({
                    "aria-label": label?.textContent.replace(/:\s*$/, "").trim() ?? field.name,
                    "aria-invalid": String(field.getAttribute("aria-invalid") === "true"),
                    lang: "ko",
                    tabindex: "0",
                }),
                pictureHandlers(uploads),
                paste.handlers,
                rankingMarks(tools.words),
                keymap.of([...KEYS, ...searchKeymap, ...historyKeymap, ...defaultKeymap]),
                EditorView.updateListener.of((update) => {
                    uploads.follow(update);
                    paste.follow(update);
                    preview.follow(update);
                    caption.follow(update);
                    if (update.docChanged && !isOurs) {
                        isOurs = true;
                        field.value = update.state.doc.toString();
                        field.dispatchEvent(new Event("input", {bubbles: true}));
                        isOurs = false;
                    }
                }),
                theme,
            ],
        }),
    });

    /* What a browser brings back with a page, or another script writes, is written here too. */
    function takeOver() {
        const text = field.value.replace(/\r\n?/g, "\n");
        if (!isOurs && text !== view.state.doc.toString()) {
            isOurs = true;
            view.dispatch({changes: {from: 0, to: view.state.doc.length, insert: text}});
            isOurs = false;
        }
    }
    field.addEventListener("input", takeOver);
    window.addEventListener("pageshow", takeOver);

    /* What leads to the field leads to the editor that stands over it. */
    document.addEventListener("click", (event) => {
        const id = CSS.escape(field.id);
        if (event.target.closest(`label[for="${id}"], a[href="#${id}"]`)) {
            event.preventDefault();
            view.focus();
            host.scrollIntoView({block: "nearest"});
        }
    });

    /* What was found in the text, or said of it, leads to its line. */
    field.addEventListener("gotoline", ({detail}) => {
        const line = view.state.doc.line(Math.min(Math.max(detail, 1), view.state.doc.lines));
        view.dispatch({
            selection: {anchor: line.from, head: line.to},
            effects: EditorView.scrollIntoView(line.from, {y: "center"}),
        });
        view.focus();
        host.scrollIntoView({block: "nearest"});
    });

    tools.start(view, {
        undo, redo, heading: toggleHeading, bold: toggleBold, link: insertLink, list: toggleList,
        indent: indentMore, outdent: indentLess, quotation: toggleQuotation, table: insertTable,
        find: openSearchPanel,
        picture: () => uploads.choose(),
        library: () => library.open(),
    });
    rankingMenu(view, tools);
    uploads.start(view);
    caption.start(view);
    library.start(view);
    field.before(tools.element, host);
    field.classList.add("behind-editor");
    field.tabIndex = -1;
    field.setAttribute("aria-hidden", "true");
}
