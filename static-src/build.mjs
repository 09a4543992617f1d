/* Build static/manage/editor.js; its first line holds digests by which the tests notice a change
   of one without the other (tests/openup/test_built_assets.py). */

import {createHash} from "node:crypto";
import {readdirSync, readFileSync, writeFileSync} from "node:fs";
import {fileURLToPath} from "node:url";
import {build} from "esbuild";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const TARGET = fileURLToPath(new URL("../static/manage/editor.js", import.meta.url));
const SOURCES = [
    "build.mjs", "package.json", "package-lock.json",
    ...readdirSync(`${FOLDER}editor`).map((name) => `editor/${name}`),
].sort();

function digest(...pieces) {
    const hash = createHash("sha256");
    pieces.forEach((piece) => hash.update(piece));
    return hash.digest("hex");
}

const {outputFiles: [{contents}]} = await build({
    absWorkingDir: FOLDER,
    entryPoints: ["editor/index.js"],
    bundle: true,
    minify: true,
    charset: "utf8",
    target: ["chrome109", "firefox115", "safari16"],
    write: false,
});
const sources = digest(...SOURCES.flatMap((name) => [name, "\0", readFileSync(FOLDER + name), "\0"]));
const banner = `/*! Built by "make assets" from static-src, with CodeMirror and what it needs (MIT, see NOTICE). `
    + `sources: ${sources} bundle: ${digest(contents)} */\n`;
writeFileSync(TARGET, Buffer.concat([Buffer.from(banner), contents]));
console.log(`${TARGET}: ${contents.length} bytes`);
