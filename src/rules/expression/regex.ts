/**
 * Regular expressions that take time in proportion to the text, whatever the pattern: an automaton that follows all
 * alternatives at once and never goes back (Thompson 1968). Syntax of .NET as far as an automaton can do it; what it
 * cannot (back references, looking around) is refused with a sentence that says so.
 */
import { ExpressionError } from './expression-error.ts';
import { parseRegex, type RegexNode, type Test } from './regex-parser.ts';

export interface Regex {
  /** Number of states. */
  readonly size: number;
  /** Whether the pattern occurs anywhere in the text. `charge` is told how many steps the automaton takes. */
  test(text: string, charge: (steps: number) => void): boolean;
}

/** Most states an automaton may have: counted repetitions are written out. */
const stateLimit = 5_000;

type State =
  | { readonly kind: 'char'; readonly test: Test; next: number }
  | { readonly kind: 'split'; next: number; other: number }
  | { readonly kind: 'assert'; readonly test: (text: string, at: number) => boolean; next: number }
  | { readonly kind: 'match' };

/** The automaton of a pattern. Throws an ExpressionError that says what is wrong with it. */
export function compileRegex(pattern: string): Regex {
  const states: State[] = [];
  const start = build(parseRegex(pattern), states, add(states, { kind: 'match' }));
  return { size: states.length, test: (text, charge) => matches(states, start, text, charge) };
}

function add(states: State[], state: State): number {
  if (states.length >= stateLimit)
    throw new ExpressionError('The pattern is too large. Use smaller repetition counts.');
  return states.push(state) - 1;
}

/** Adds the states of a node that go on to `next`, and gives the first of them. */
function build(node: RegexNode, states: State[], next: number): number {
  switch (node.kind) {
    case 'char':
      return add(states, { kind: 'char', test: node.test, next });
    case 'assert':
      return add(states, { kind: 'assert', test: node.test, next });
    case 'sequence':
      return node.parts.reduceRight((after, part) => build(part, states, after), next);
    case 'choice': {
      const starts = node.choices.map((choice) => build(choice, states, next));
      return starts.reduceRight((other, start) => add(states, { kind: 'split', next: start, other }));
    }
    case 'repeat':
      return buildRepeat(node, states, next);
  }
}

function buildRepeat(node: Extract<RegexNode, { kind: 'repeat' }>, states: State[], next: number): number {
  let after = next;
  if (node.max === Number.POSITIVE_INFINITY) {
    const loop = add(states, { kind: 'split', next: -1, other: next });
    (states[loop] as { next: number }).next = build(node.inner, states, loop);
    after = loop;
  } else {
    for (let i = node.min; i < node.max; i++) {
      const start = build(node.inner, states, after);
      after = add(states, { kind: 'split', next: start, other: next });
    }
  }
  for (let i = 0; i < node.min; i++) after = build(node.inner, states, after);
  return after;
}

/** Follows all states that the text up to here leads to, at every character. */
function matches(states: readonly State[], start: number, text: string, charge: (steps: number) => void): boolean {
  const seen = new Int32Array(states.length).fill(-1);
  let current: number[] = [];
  for (let at = 0; at <= text.length; at++) {
    const following: number[] = [];
    // The pattern may begin anywhere, so its first state is added at every position.
    if (enter(states, start, text, at, seen, current)) return true;
    charge(1 + (current.length >> 1));
    if (at === text.length) break;
    const unit = text.charCodeAt(at);
    for (const index of current) {
      const state = states[index] as Extract<State, { kind: 'char' }>;
      if (state.test(unit) && enter(states, state.next, text, at + 1, seen, following)) return true;
    }
    current = following;
  }
  return false;
}

/** Adds the character states reachable without reading to the list; true if the end of the pattern is reached. */
function enter(
  states: readonly State[],
  first: number,
  text: string,
  at: number,
  seen: Int32Array,
  list: number[],
): boolean {
  const pending = [first];
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    if (seen[index] === at) continue;
    seen[index] = at;
    const state = states[index]!;
    if (state.kind === 'match') return true;
    if (state.kind === 'char') list.push(index);
    else if (state.kind === 'split') pending.push(state.other, state.next);
    else if (state.test(text, at)) pending.push(state.next);
  }
  return false;
}
