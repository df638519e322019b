/* site.js - light or dark, the menu of small screens, the search. */
/* SPDX-License-Identifier: MIT */
(function () {
    "use strict";
    const page = document.documentElement;

    function stored(value) {
        try {
            return value ? localStorage.setItem("theme", value) : localStorage.getItem("theme");
        } catch (e) {
            return null; // not allowed here
        }
    }

    // Before the page is drawn, so that it does not flash.
    page.classList.add("script");
    if (stored())
        page.dataset.theme = stored();

    function switchTheme() {
        const dark = page.dataset.theme ? page.dataset.theme === "dark"
            : matchMedia("(prefers-color-scheme: dark)").matches;

        page.dataset.theme = dark ? "light" : "dark";
        stored(page.dataset.theme);
    }

    function switchMenu(event) {
        const open = page.classList.toggle("menu");

        event.currentTarget.setAttribute("aria-expanded", String(open));
    }

    // The index is a script, and so can be read from a file:// page too.
    function load(root, then) {
        if (window.galeSearch)
            return then();
        const script = document.createElement("script");

        script.src = root + "search.js";
        script.onload = then;
        document.head.append(script);
    }

    function rank(row, words) {
        const title = row[0].toLowerCase(), all = title + " " + row[1].toLowerCase();

        if (!words.every(word => all.includes(word)))
            return 0;
        if (title === words.join(" "))
            return 4;
        return title.startsWith(words[0]) ? 3 : title.includes(words[0]) ? 2 : 1;
    }

    function find(text) {
        const words = text.toLowerCase().split(/[\s()]+/).filter(word => word);

        if (!words.length)
            return [];
        return window.galeSearch.map(row => [rank(row, words), row]).filter(each => each[0])
            .sort((a, b) => b[0] - a[0] || a[1][0].length - b[1][0].length).slice(0, 12)
            .map(each => each[1]);
    }

    function show(list, rows, root, text) {
        list.replaceChildren(...rows.map(row => {
            const item = document.createElement("li"), link = document.createElement("a");
            const where = document.createElement("small");

            link.href = root + row[2];
            link.textContent = row[0];
            where.textContent = row[1];
            link.append(" ", where);
            item.append(link);
            return item;
        }));
        if (text && !rows.length)
            list.append(document.body.dataset.none);
        list.hidden = !text;
    }

    function search() {
        const form = document.getElementById("search"), root = document.body.dataset.root;
        const input = form.querySelector("input"), list = form.querySelector("ol");
        const update = () => load(root, () => show(list, find(input.value), root,
            input.value.trim()));

        input.addEventListener("input", update);
        form.addEventListener("submit", event => {
            event.preventDefault();
            list.querySelector("a")?.click();
        });
        document.addEventListener("keydown", event => {
            if (event.key === "/" && !/input|textarea/i.test(document.activeElement.tagName)) {
                event.preventDefault();
                input.focus();
            } else if (event.key === "Escape") {
                list.hidden = true;
            }
        });
        document.addEventListener("click", event => {
            if (!form.contains(event.target) || event.target.closest("ol"))
                list.hidden = true;
        });
    }

    document.addEventListener("DOMContentLoaded", () => {
        document.getElementById("theme").addEventListener("click", switchTheme);
        document.getElementById("menu").addEventListener("click", switchMenu);
        search();
        // The page's own entry is in view, without scrolling the page itself.
        const here = document.querySelector("nav [aria-current]"), nav = document.querySelector("nav");

        if (here)
            nav.scrollTop = here.offsetTop - nav.clientHeight / 2;
    });
})();
