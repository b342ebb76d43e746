import * as fs from "fs";
import { Browser } from "playwright-core";
import { openBrowser } from "../../e2e/support/browser/pgadmin";
import { changeSettings } from "../../e2e/support/browser/tabs";
import { chart, proof } from "../../e2e/support/proof";
import { useStack } from "../../e2e/support/stack";

const tabs = 30;
const poolSizes = [5, 6, 7, 8, 9, 10, 11, 12, 13, 14];

const on = useStack("tabs-reloads");
let browser: Browser;

beforeAll(async () => {
    browser = await openBrowser();
});
afterAll(() => browser?.close());

test(`${tabs} Query Tool tabs that query keep their sessions over ${poolSizes.length} changed settings`, async () => {
    const seen = await changeSettings(on, browser, tabs, poolSizes);
    const { most, queries, errors, warnings, sessions, kept, sizes, ups, series } = seen;
    console.log(`${kept} of ${sessions} sessions kept, ${warnings} warnings, ${errors.length} of ${queries} queries failed, at most ${most} backends; ups of ${Math.min(...ups).toFixed(1)} to ${Math.max(...ups).toFixed(1)} s`); // prettier-ignore
    const end = series.at(-1)![0];
    const curves = [
        { name: `the pooler's backends, lookups included (at most ${most})`, color: "#1f77b4", points: series },
        { name: "defaultPoolSize, in force", color: "#27ae60", points: [[0, 15], ...sizes, [end, sizes.at(-1)![1]]] as [number, number][] },
    ];
    const level = { name: "what one pooler may hold, lookups included", value: on.out.backendBudget / 2 };
    fs.writeFileSync(proof("reloads.svg"), chart({ title: `${tabs} Query Tool tabs query over ${poolSizes.length} changed settings: ${kept} of ${sessions} sessions kept`, x: "seconds", y: "backends", curves, level })); // prettier-ignore
    fs.writeFileSync(proof("reloads.json"), JSON.stringify(seen));

    expect(errors).toEqual([]);
    expect(warnings).toBe(0);
    expect(sessions).toBeGreaterThan(tabs);
    expect(kept).toBe(sessions);
    expect(queries).toBeGreaterThan(tabs * poolSizes.length);
}, 900_000);
