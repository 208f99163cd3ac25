// The look of the statistics page: readable in light and dark, wide tables scroll by themselves.

/** The style sheet. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --bg: #fff; --fg: #1b1f24; --dim: #667; --line: #d5d9e0;
  --head: #f2f4f7; --up: #1a7f37; --warn: #9a6700; --down: #cf222e; --maint: #8250df; }
@media (prefers-color-scheme: dark) {
  :root { --bg: #14171c; --fg: #e4e7ec; --dim: #98a2b3; --line: #343a46; --head: #1e232b;
    --up: #4ac26b; --warn: #d4a72c; --down: #ff7b72; --maint: #bc8cff; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 1.2rem; background: var(--bg); color: var(--fg);
  font: 14px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.3rem; margin: 0 0 .2rem; }
h2 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; }
h2 small, .facts, nav { color: var(--dim); font-weight: normal; }
nav a, nav form { margin-right: 1rem; display: inline-block; }
a { color: inherit; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .5rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--line); }
th { background: var(--head); font-weight: 600; }
th.group { text-align: center; border-left: 1px solid var(--line); }
th.name, td.name, td.text { text-align: left; }
tr.total td { background: var(--head); }
td.text { max-width: 28rem; overflow: hidden; text-overflow: ellipsis; }
.up { color: var(--up); } .warn { color: var(--warn); }
.down { color: var(--down); font-weight: 600; } .maint { color: var(--maint); }
.notice { border-left: 4px solid var(--warn); padding: .4rem .8rem; margin: .8rem 0; }
.notice.good { border-color: var(--up); } .notice.bad { border-color: var(--down); }
.apply { margin: .5rem 0; } .apply select, .apply button { font: inherit; padding: .2rem .6rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
`;
