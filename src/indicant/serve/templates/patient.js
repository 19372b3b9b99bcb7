"use strict";

(function () {
  const page = document.getElementById("page");
  const said = document.getElementById("said");
  const kept = [];
  let at = 0;
  let changed = false;
  let busy = false;

  function prepare() {
    const file = page.querySelector("#file");
    if (file) {
      file.closest(".file").hidden = false;
      file.addEventListener("change", async function () {
        if (file.files[0]) {
          page.querySelector("#text").value = await file.files[0].text();
        }
      });
    }
    const print = page.querySelector(".print");
    if (print) {
      print.hidden = false;
      print.addEventListener("click", function () { window.print(); });
    }
  }

  function arrive() {
    document.title = page.dataset.title || document.title;
    prepare();
    const told = page.querySelector("#changed");
    const focus = page.querySelector("[data-focus]");
    said.textContent = told ? told.dataset.said : "";
    if (focus) {
      focus.focus({ preventScroll: true });
      (told || focus).scrollIntoView({ block: "start" });
    }
  }

  function keep() {
    kept[at] = { html: page.innerHTML, title: page.dataset.title };
  }

  function fail(words) {
    const old = page.querySelector("#failed");
    if (old) { old.remove(); }
    const told = document.createElement("p");
    told.id = "failed";
    told.className = "problem";
    told.setAttribute("role", "alert");
    told.textContent = words;
    const place = page.querySelector("#asking") || page;
    place.prepend(told);
    told.scrollIntoView({ block: "center" });
  }

  async function send(form, button) {
    const body = new URLSearchParams(new FormData(form, button));
    busy = true;
    page.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action, { method: "POST", body: body, cache: "no-store" });
      const text = await answer.text();
      const found = new DOMParser().parseFromString(text, "text/html").getElementById("page");
      if (!found) {
        fail(page.dataset.refused.replace("{}", answer.status));
        return;
      }
      keep();
      at += 1;
      kept.length = at;
      page.innerHTML = found.innerHTML;
      page.dataset.title = found.dataset.title;
      history.pushState({ at: at }, "");
      changed = true;
      keep();
      arrive();
    } catch (error) {
      fail(page.dataset.unreachable);
    } finally {
      busy = false;
      page.removeAttribute("aria-busy");
    }
  }

  document.addEventListener("submit", function (event) {
    const button = event.submitter;
    if (button && button.hasAttribute("data-whole")) {
      changed = false;
      return;
    }
    event.preventDefault();
    if (!busy) { send(event.target, button); }
  });

  window.addEventListener("popstate", function (event) {
    const wanted = event.state && typeof event.state.at === "number" ? event.state.at : 0;
    const found = kept[wanted];
    if (found) {
      at = wanted;
      page.innerHTML = found.html;
      page.dataset.title = found.title;
      arrive();
    }
  });

  window.addEventListener("beforeunload", function (event) {
    if (changed) { event.preventDefault(); }
  });

  history.replaceState({ at: 0 }, "");
  keep();
  prepare();
}());
