/** Begins to change a rule: the draft of its file, or a new file that takes the place of an out-of-box rule. */
import { ApiError, get, send } from '../../api/client.ts';
import type { Draft, Rule } from '../../api/rule-types.ts';
import { fileNameOf, replacementText } from './rule-yaml.ts';

/** Returns the name of the draft. A draft that exists already is taken up, not overwritten. */
export async function beginChange(rule: Rule): Promise<string> {
  const name = rule.origin === 'custom' && rule.file ? rule.file.replace(/\.ya?ml$/, '') : fileNameOf(rule.name);
  if (await exists(name)) return name;
  const text = rule.origin === 'custom' ? await fileText(rule.file ?? '') : replacementText(rule);
  await send('PUT', `/drafts/${encodeURIComponent(name)}`, { text });
  return name;
}

async function exists(name: string): Promise<boolean> {
  try {
    await get<Draft>(`/drafts/${encodeURIComponent(name)}`);
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return false;
    throw error;
  }
}

async function fileText(file: string): Promise<string> {
  const files = await get<readonly { name: string; text: string }[]>('/rule-files');
  return files.find((f) => f.name === file)?.text ?? '';
}
