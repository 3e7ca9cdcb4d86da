// The tabs (WAI-ARIA Authoring Practices, "Tabs"), the language, and whether there is a network.

const tabs = [...document.querySelectorAll("[role=tab]")];
const sections = Object.fromEntries(
  Object.entries({ typewriter, chat, notifications, monitor }).map(([id, build]) => [
    id,
    build(document.querySelector(`#${id}`), document.querySelector(`#tab-${id}`)),
  ]),
);
let shown;

function showSection(id) {
  if (id === shown) return;
  sections[shown]?.leave();
  shown = id;
  for (const tab of tabs) {
    const isShown = tab.id === `tab-${id}`;
    tab.setAttribute("aria-selected", isShown);
    tab.tabIndex = isShown ? 0 : -1;
    document.getElementById(tab.getAttribute("aria-controls")).hidden = !isShown;
  }
  sections[id].enter();
}

function sectionOfAddress() {
  const id = location.hash.slice(1);
  return id in sections ? id : "typewriter";
}

/** Where the keys lead from tab `at`, round and round. */
function tabByKey(at, key) {
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[key];
  return to === undefined ? undefined : tabs.at(to % tabs.length);
}

for (const [at, tab] of tabs.entries()) {
  tab.addEventListener("click", () => {
    history.replaceState(null, "", `#${tab.getAttribute("aria-controls")}`);
    showSection(sectionOfAddress());
  });
  tab.addEventListener("keydown", (event) => {
    const next = tabByKey(at, event.key);
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.click();
  });
}
addEventListener("hashchange", () => showSection(sectionOfAddress()));

// A page that the browser keeps for "back" must not keep connections; it may be shown again.
addEventListener("pagehide", () => sections[shown].leave());
addEventListener("pageshow", (event) => event.persisted && sections[shown].enter());

const showNetwork = () => say(document.querySelector("#network"), navigator.onLine ? undefined : "networkGone");
addEventListener("online", showNetwork);
addEventListener("offline", showNetwork);

document.querySelector("#language").addEventListener("click", () => {
  setLanguage(language === "en" ? "zh" : "en");
  rememberLanguage();
});
setLanguage(language);
showNetwork();
showSection(sectionOfAddress());
