"use strict";
/* What is typed into a form is on the server within three seconds, or else in this browser, and is
   offered when the form is opened again. The line under the title says which of them is true. */
{
    const EVERY = 2000;
    const TRY_AGAIN = 10_000;
    const PATIENCE = 20_000;
    const KEPT_DAYS = 30;
    const PREFIX = "working-copy";
    const SENT = `${PREFIX}-sent`;
    const NOT_OURS = /^(?:csrfmiddlewaretoken|working_copy|replaces|_\w+)$|__prefix__/;
    // They follow from the rows, or say what the form was opened with.
    const NOT_SHOWN = /(?:_FORMS|-id)$|^(?:opened_with|waiting_seen)$/;
    const LONGEST_SHOWN = 120;

    const place = document.getElementById("working-copy");
    const form = place?.closest("form");
    const words = place?.dataset;
    // Where the form has a place for it that is always in sight, it stands there.
    const status = document.querySelector(".beside-text .kept")
        ?? place?.querySelector("[role=status]");

    /* The fields of the form as {name: [value …]}: now, or as the server sent them. */
    function read(asSent) {
        const fields = {};
        for (const field of form.elements) {
            if (!field.name || NOT_OURS.test(field.name) || /^(?:submit|button|file)$/.test(field.type)) {
                continue;
            }
            const values = fields[field.name] ??= [];
            if (field.type === "checkbox" || field.type === "radio") {
                if (asSent ? field.defaultChecked : field.checked) {
                    values.push(field.value);
                }
            } else if (field.tagName === "SELECT") {
                values.push(...chosen(field, asSent).map(({value}) => value));
            } else {
                values.push(asSent ? field.defaultValue : field.value);
            }
        }
        return fields;
    }

    function chosen(select, asSent) {
        const options = [...select.options];
        const picked = options.filter((each) => asSent ? each.defaultSelected : each.selected);
        return picked.length || select.multiple ? picked : options.slice(0, 1);
    }

    /* What chosen rows are called: a form that is opened anew has not looked them up. */
    function labels() {
        const found = {};
        for (const select of form.querySelectorAll("select.admin-autocomplete")) {
            if (!NOT_OURS.test(select.name)) {
                found[select.name] = Object.fromEntries(
                    chosen(select).map(({value, text}) => [value, text]),
                );
            }
        }
        return found;
    }

    function write(data) {
        for (const total of form.querySelectorAll("[name$='-TOTAL_FORMS']")) {
            const prefix = total.name.replace(/-TOTAL_FORMS$/, "");
            const add = form.querySelector(`[id="${prefix}-group"] .add-row a`);
            const wanted = Math.min(Number(data.fields[total.name]?.[0] ?? 0), 1000);
            while (add && Number(total.value) < wanted) {
                add.click();
            }
        }
        const left = structuredClone(data.fields);
        for (const field of [...form.elements]) {
            const values = left[field.name];
            if (!values || NOT_OURS.test(field.name) || /^(?:submit|button|file)$/.test(field.type)) {
                continue;
            }
            if (field.type === "checkbox" || field.type === "radio") {
                field.checked = values.includes(field.value);
            } else if (field.tagName === "SELECT") {
                choose(field, values, data.labels?.[field.name] ?? {});
            } else {
                field.value = values.shift() ?? "";
            }
            field.dispatchEvent(new Event("input", {bubbles: true}));
            field.dispatchEvent(new Event("change", {bubbles: true}));
        }
    }

    function choose(select, values, names) {
        const known = [...select.options].map(({value}) => value);
        for (const value of values.filter((each) => !known.includes(each))) {
            select.append(new Option(names[value] ?? value, value));
        }
        for (const option of select.options) {
            option.selected = values.includes(option.value);
        }
    }

    /* Return [name, what is there, what the copy has] of the fields in which they differ. */
    function differences(here, there) {
        const names = new Set([...Object.keys(here), ...Object.keys(there)]);
        return [...names].filter((name) => !NOT_SHOWN.test(name)).map((name) => [
            name, (here[name] ?? []).join(", "), (there[name] ?? []).join(", "),
        ]).filter(([, mine, theirs]) => plain(mine) !== plain(theirs));
    }

    function plain(text) {
        return text.replace(/\r\n?/g, "\n").trim();
    }

    /* One entry for each field, one for each group of rows. */
    function described(found, {labels: names = {}}) {
        const entries = new Map();
        for (const [name, mine, theirs] of found) {
            const field = form.elements[name];
            const element = field instanceof RadioNodeList ? field[0] : field;
            const group = (element ?? form.querySelector(`[id^="${name.split("-")[0]}-group"]`))
                ?.closest(".inline-group, .js-inline-admin-formset")
                ?? document.getElementById(`${name.split("-")[0]}-group`);
            const label = group?.querySelector("h2")
                ?? form.querySelector(`label[for="${element?.id.replace(/_0$/, "")}"]`)
                ?? element?.closest("fieldset, .form-row")?.querySelector("label, legend");
            const title = label?.textContent.replace(/:\s*$/, "").trim() || name;
            const called = (text) => text.split(", ").map((each) => names[name]?.[each] ?? each).join(", ");
            // A box that is ticked has no words of its own.
            const isNamed = group || element?.type === "checkbox";
            entries.set(title, isNamed ? "" : excerpt(called(mine), called(theirs)));
        }
        return entries;
    }

    /* Return what the copy has where it begins to differ, with a little of what stands before. */
    function excerpt(mine, theirs) {
        let at = 0;
        while (at < theirs.length && mine[at] === theirs[at]) {
            at += 1;
        }
        const begin = Math.max(0, at - 20);
        const end = begin + LONGEST_SHOWN;
        return `${begin ? "…" : ""}${theirs.slice(begin, end)}${end < theirs.length ? "…" : ""}`;
    }

    /* The browser's own store: another tab, or another program, may have filled or closed it. */
    const store = {
        put(key, copy) {
            try {
                localStorage.setItem(key, JSON.stringify(copy));
                return true;
            } catch {
                return false;
            }
        },
        drop(key) {
            try {
                localStorage.removeItem(key);
            } catch {
                // Nothing was kept there.
            }
        },
        all(prefix) {
            try {
                return Object.keys(localStorage).filter((key) => key.startsWith(prefix)).map(
                    (key) => ({...JSON.parse(localStorage.getItem(key)), key}),
                );
            } catch {
                return [];
            }
        },
    };

    function newWriter() {
        const bytes = crypto.getRandomValues(new Uint8Array(16));
        return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    }

    function clock(moment) {
        const two = (number) => String(number).padStart(2, "0");
        const time = `${two(moment.getHours())}:${two(moment.getMinutes())}`;
        const isToday = moment.toDateString() === new Date().toDateString();
        return isToday ? time : `${moment.getMonth() + 1}. ${moment.getDate()}. ${time}`;
    }

    function say(text, moment) {
        const said = text.replace("{time}", moment ? clock(moment) : "");
        if (status.textContent !== said) {
            status.textContent = said;
        }
    }

    class Keeper {
        constructor() {
            // A form that came back with errors goes on with the copy that it had.
            const [key, writer, replaces] = form.elements.working_copy.value.split(":");
            this.writer = writer || newWriter();
            this.form = key || (words.form.endsWith("-new") ? `${words.form}-${this.writer}` : words.form);
            this.replaces = replaces || "";
            this.isNew = !writer;
            this.token = form.elements.csrfmiddlewaretoken.value;
            this.sent = this.isNew && !form.querySelector(".errornote, .errorlist")
                ? JSON.stringify(read(true)) : "";
            this.offers = 0;
            this.nextTry = 0;
            this.pausedUntil = 0;
            this.adopted = [];
            this.note();
        }

        get key() {
            return `${PREFIX}:${words.user}:${this.form}:${this.writer}`;
        }

        note() {
            // What the server may drop once the form is saved, if it was not written anew before.
            form.elements.working_copy.value = [this.form, this.writer, this.replaces].join(":");
        }

        ask(method, form = this.form, body = undefined, options = {}) {
            return fetch(words.address.replace("/form/", `/${form}/`), {
                method, body, headers: {"X-CSRFToken": this.token}, redirect: "error", ...options,
            });
        }

        /* Ask what there is; return the copies, or null when the server does not say. */
        async look() {
            try {
                const answer = await this.ask("GET", words.form);
                if (answer.status === 403) {
                    this.why = words.signedOut;
                    return null;
                }
                const {token, user, copies} = await answer.json();
                if (String(user) !== words.user) {
                    this.why = words.someoneElse;
                    return null;
                }
                this.token = token;
                // Uploads, pastes and previews send what stands on the page.
                document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((field) => {
                    field.value = token;
                });
                return copies;
            } catch {
                this.why = words.kept;
                return null;
            }
        }

        async begin() {
            const [last, ...others] = JSON.parse(sessionStorage.getItem(SENT) ?? "[]");
            if (last !== this.key) {
                // The form was saved, or this page would be that form again.
                [last, ...others].forEach(store.drop);
            }
            sessionStorage.removeItem(SENT);
            const here = read();
            const found = (await this.look() ?? []).map((copy) => ({...copy, where: "server"}));
            const oldest = Date.now() - KEPT_DAYS * 86_400_000;
            for (const copy of store.all(`${PREFIX}:${words.user}:${words.form}`)) {
                const isOfForm = copy.form === words.form || words.form.endsWith("-new");
                if (new Date(copy.at) < oldest) {
                    store.drop(copy.key);
                } else if (isOfForm) {
                    found.push({...copy, where: "browser"});
                }
            }
            const offered = found.filter(({writer}) => writer !== this.writer);
            for (const copy of offered.sort((one, other) => one.at < other.at ? 1 : -1)) {
                const differing = differences(here, copy.data.fields ?? {});
                if (differing.length) {
                    this.offer(copy, differing);
                } else {
                    this.forget(copy);
                }
            }
            setInterval(() => this.keep(), EVERY);
        }

        offer(copy, differing) {
            const template = document.getElementById("working-copy-offer");
            const offer = template.content.firstElementChild.cloneNode(true);
            offer.querySelectorAll("[data-where]").forEach((each) => {
                each.hidden = each.dataset.where !== copy.where;
                each.textContent = each.textContent.replace("{time}", clock(new Date(copy.at)));
            });
            for (const [title, text] of described(differing, copy.data)) {
                const entry = document.createElement("div");
                const [term, description] = ["dt", "dd"].map((tag) => document.createElement(tag));
                term.textContent = title;
                description.textContent = text;
                entry.append(term, description);
                offer.querySelector("dl").append(entry);
            }
            offer.addEventListener("click", ({target}) => {
                if (target.value === "accept") {
                    this.accept(copy);
                } else if (target.value === "discard") {
                    this.forget(copy);
                } else {
                    return;
                }
                offer.remove();
                this.offers -= 1;
            });
            this.offers += 1;
            place.append(offer);
        }

        accept(copy) {
            if (words.form.endsWith("-new")) {
                this.form = copy.form;
            }
            if (copy.where === "server") {
                this.replaces = copy.writer;
            } else {
                this.adopted.push(copy.key);
            }
            this.note();
            write(copy.data);
        }

        async forget(copy) {
            if (copy.where === "browser") {
                store.drop(copy.key);
                return;
            }
            const body = JSON.stringify({writer: this.writer, replaces: copy.writer, data: {}});
            await this.ask("DELETE", copy.form, body).catch(() => null);
        }

        /* Keep what has changed since it was last kept. */
        async keep(options = {}) {
            const fields = read();
            const text = JSON.stringify(fields);
            if (this.isSending || Date.now() < this.pausedUntil || text === this.sent) {
                return;
            }
            const at = new Date();
            const data = {fields, labels: labels()};
            if (this.offers) {
                this.keepHere(data, text, at, words.undecided);
                return;
            }
            if (text === this.kept && at < this.nextTry) {
                return;
            }
            this.isSending = true;
            const body = JSON.stringify({writer: this.writer, replaces: this.replaces, data});
            this.sending = this.send(body, options);
            const why = await this.sending;
            this.isSending = false;
            if (why) {
                this.nextTry = Number(at) + TRY_AGAIN;
                this.keepHere(data, text, at, why);
                return;
            }
            this.sent = text;
            [this.key, ...this.adopted].forEach(store.drop);
            this.adopted = [];
            this.kept = null;
            say(words.saved, at);
        }

        /* Return why the server has not taken it, or nothing. */
        async send(body, options) {
            for (let time = 0; time < 2; time += 1) {
                let answer;
                try {
                    answer = await this.ask("POST", this.form, body, options);
                } catch {
                    return words.kept;
                }
                const why = {204: "", 409: words.elsewhere, 413: words.tooLarge};
                if (answer.status in why) {
                    return why[answer.status];
                }
                // After a new sign-in in another window, its token is the right one.
                if (answer.status !== 403 || await this.look() === null) {
                    return answer.status === 403 ? this.why : words.kept;
                }
            }
            return words.kept;
        }

        keepHere(data, text, at, why) {
            if (text === this.kept) {
                say(why, this.keptAt);
                return;
            }
            const copy = {form: this.form, writer: this.writer, at: at.toISOString(), data};
            if (store.put(this.key, copy)) {
                this.kept = text;
                this.keptAt = at;
                say(why, at);
            } else {
                say(words.lost);
            }
        }
    }

    if (form) {
        window.addEventListener("load", () => {
            const keeper = new Keeper();
            keeper.begin();
            // A copy must not arrive after the form itself, which ends it.
            form.addEventListener("beforesending", ({detail}) => {
                keeper.pausedUntil = Date.now() + PATIENCE;
                detail.waitUntil(keeper.sending);
            });
            form.addEventListener("notsent", () => {
                keeper.pausedUntil = 0;
            });
            window.addEventListener("submit", (event) => {
                if (event.target === form && !event.defaultPrevented) {
                    sessionStorage.setItem(SENT, JSON.stringify([keeper.key, ...keeper.adopted]));
                }
            });
            document.addEventListener("visibilitychange", () => {
                if (document.visibilityState === "hidden") {
                    keeper.keep({keepalive: true});
                }
            });
        });
    }
}
