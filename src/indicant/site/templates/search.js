(function () {
  "use strict";
  var input = document.getElementById("search");
  var list = document.getElementById("entries");
  var count = document.getElementById("count");
  function fold(text) {
    return text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  }
  var entries = Array.prototype.map.call(list.children, function (item, place) {
    var name = fold(item.firstElementChild.textContent);
    return { item: item, name: name, text: fold(item.textContent), place: place };
  });
  function search() {
    var words = fold(input.value).split(/\s+/).filter(Boolean);
    var found = entries.filter(function (entry) {
      var holds = words.every(function (word) { return entry.text.indexOf(word) >= 0; });
      entry.item.hidden = !holds;
      return holds;
    });
    function rank(entry) {
      return words.filter(function (word) { return entry.name.indexOf(word) < 0; }).length;
    }
    found.sort(function (a, b) { return rank(a) - rank(b) || a.place - b.place; });
    found.forEach(function (entry) { list.appendChild(entry.item); });
    var said = found.length === 1 ? count.dataset.one : count.dataset.many;
    count.textContent = said.replace("#", found.length);
  }
  var asked = new URLSearchParams(location.search).get("q");
  if (asked) { input.value = asked; }
  input.addEventListener("input", search);
  input.form.addEventListener("submit", function (event) { event.preventDefault(); search(); });
  search();
})();
