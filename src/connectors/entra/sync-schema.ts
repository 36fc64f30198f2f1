import { extensionPattern, properties } from '../../entra/properties.ts';
import type { AttributeSchema, ConnectorSchema } from '../contract.ts';
import { objectTypes } from './sync-names.ts';

/** The attributes of the sync plane by their cloud names (sync-engine s.4.7). Directory extensions are what is written. */
export function syncSchema(): ConnectorSchema {
  const attributes = new Map<string, AttributeSchema>();
  for (const { name, type, multiValued } of properties) {
    attributes.set(name, { name, type, multiValued });
  }
  return { objectTypes, attributes, openNames: extensionPattern };
}
