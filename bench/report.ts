/** One result line per measurement, for people and for `bench/run.ts`. */
export function report(name: string, facts: Readonly<Record<string, number>>): void {
  const round = (n: number) => (Math.abs(n) >= 100 ? Math.round(n) : Number(n.toPrecision(3)));
  const rounded = Object.fromEntries(Object.entries(facts).map(([k, v]) => [k, round(v)]));
  console.log(`BENCH ${JSON.stringify({ name, ...rounded })}`);
}
