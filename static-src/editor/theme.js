/* The admin's own colours, which reach into the shadow root as custom properties. */

import {HighlightStyle} from "@codemirror/language";
import {EditorView} from "@codemirror/view";
import {tags} from "@lezer/highlight";

export const theme = EditorView.theme({
    "&": {
        backgroundColor: "var(--body-bg)",
        border: "1px solid var(--border-color)",
        borderRadius: "4px",
        color: "var(--body-fg)",
        fontSize: "0.9375rem",
        maxHeight: "75vh",
    },
    "&.cm-focused": {outline: "3px solid #256ef4", outlineOffset: "2px"},
    ".cm-scroller": {
        fontFamily: "var(--font-family-monospace), monospace",
        lineHeight: "1.6",
        overflow: "auto",
    },
    ".cm-content": {
        caretColor: "var(--body-fg)",
        minHeight: "var(--editor-height, 22rem)",
        overflowWrap: "anywhere",
        padding: "0.5rem 0",
        wordBreak: "keep-all",
    },
    ".cm-line": {padding: "0 0.75rem"},
    ".cm-ranking": {backgroundColor: "var(--darkened-bg)", borderRadius: "3px"},
    ".cm-ranking-unknown": {
        textDecoration: "underline wavy var(--error-fg)",
        textDecorationSkipInk: "none",
    },
    // Beside the text, not in it: nothing that is composed there may be disturbed.
    ".cm-ranking-unknown::after": {
        color: "var(--error-fg)",
        content: "attr(data-told)",
        display: "inline-block",
        fontFamily: "var(--font-family-primary)",
        fontSize: "0.8125rem",
        marginLeft: "0.75rem",
    },
    ".cm-panels": {
        backgroundColor: "var(--darkened-bg)",
        color: "var(--body-fg)",
        fontFamily: "var(--font-family-primary)",
    },
    ".cm-button, .cm-textfield": {
        backgroundColor: "var(--body-bg)",
        backgroundImage: "none",
        border: "1px solid var(--body-quiet-color)",
        color: "var(--body-fg)",
        fontSize: "0.875rem",
        minHeight: "2rem",
    },
    ".cm-panel.cm-search label": {fontSize: "0.875rem"},
});

export const highlighting = HighlightStyle.define([
    {tag: tags.heading, fontWeight: "700"},
    {tag: tags.strong, fontWeight: "700"},
    // Hangul has no italics.
    {tag: tags.emphasis, textDecoration: "underline dotted"},
    {tag: tags.link, color: "var(--link-fg)"},
    {tag: tags.url, color: "var(--body-quiet-color)"},
    {tag: tags.quote, color: "var(--body-quiet-color)"},
    {tag: [tags.processingInstruction, tags.monospace], color: "var(--body-quiet-color)"},
]);
