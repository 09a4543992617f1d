"""What axe finds in a page as it stands."""

from axe_playwright_python.sync_playwright import Axe

# What a reader's device may ask for, as `emulate_media` takes it; each beside what is plain.
PLAIN = {"color_scheme": "light", "contrast": "no-preference"}
LOOKS = {"light": {}, "dark": {"color_scheme": "dark"}, "more contrast": {"contrast": "more"}}
# Of all rules this one takes most of axe's time, and is the one that depends on the colours.
CONTRAST = "color-contrast"
RUN = "([within, options]) => axe.run(within, options).then(({violations}) => violations)"
# Text is painted in few ways, many times each: what has passed once, in the same colours, size and
# weight on the same grounds, is not asked again. What axe cannot tell, as where something lies over
# the text, is asked each time.
RUN_CONTRAST = """
async ([rule, passed]) => {
    const known = new Set(passed);
    const grounds = new Map([[null, ""]]);
    const ground = (element) => {
        if (!grounds.has(element)) {
            const {backgroundColor, backgroundImage, opacity, filter} = getComputedStyle(element);
            const own = [backgroundColor, backgroundImage, opacity, filter].join();
            const isBare = own === "rgba(0, 0, 0, 0),none,1,none";
            grounds.set(element, ground(element.parentElement) + (isBare ? "" : `;${own}`));
        }
        return grounds.get(element);
    };
    const painted = (element) => {
        const {color, fontSize, fontWeight, textShadow} = getComputedStyle(element);
        const isOff = Boolean(element.closest(":disabled"));
        return [color, fontSize, fontWeight, textShadow, isOff, ground(element)].join();
    };
    const fresh = [...document.body.querySelectorAll("*")].filter(
        (element) => (element.matches("input, select, textarea")
                || [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
            && element.checkVisibility({visibilityProperty: true})
            && !known.has(painted(element))
    );
    if (!fresh.length) {
        return {violations: [], passed: []};
    }
    const found = await axe.run(fresh, {runOnly: [rule], elementRef: true});
    const nodes = found.passes.flatMap(({nodes}) => nodes);
    const violations = found.violations.map(({id, nodes}) => (
        {id, nodes: nodes.map(({html}) => ({html}))}
    ));
    return {violations, passed: [...new Set(nodes.map(({element}) => painted(element)))]};
}
"""


def load_axe(page):
    """Load axe into the page, once; return the page."""
    page.wait_for_load_state("domcontentloaded")
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(Axe().axe_script)
    return page


def named(violations):
    return [
        (fault["id"], [node["html"][:120] for node in fault["nodes"]][:3]) for fault in violations
    ]


def violations(page, within="html", **options):
    """Return [(rule, the first elements that break it)]."""
    options = {"resultTypes": ["violations"], **options}
    return named(load_axe(page).evaluate(RUN, [within, options]))


def violations_but_contrast(page):
    """Return what is found by the rules that do not ask for colours."""
    return violations(page, rules={CONTRAST: {"enabled": False}})


def contrast_violations(page, passed):
    """Return where text is too faint; `passed` is a set, of the ways of painting known to do."""
    found = load_axe(page).evaluate(RUN_CONTRAST, [CONTRAST, [*passed]])
    passed.update(found["passed"])
    return named(found["violations"])
