/** A `$filter` expression (OData 4.01 URL conventions s.5.1.1), as far as directory objects have it. */
export type Literal = string | number | boolean | null;
export type CompareOperator = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le';
export type TextFunction = 'startswith' | 'endswith' | 'contains';

export type Filter =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Filter[] }
  | { readonly kind: 'not'; readonly part: Filter }
  | { readonly kind: 'compare'; readonly operator: CompareOperator; readonly path: Path; readonly value: Literal }
  | { readonly kind: 'in'; readonly path: Path; readonly values: readonly Literal[] }
  | { readonly kind: 'text'; readonly name: TextFunction; readonly path: Path; readonly value: string }
  | {
      readonly kind: 'lambda';
      readonly name: 'any' | 'all';
      readonly path: Path;
      /** Name of the range variable; paths inside begin with it. Absent for `any()`. */
      readonly variable?: string;
      readonly part?: Filter;
    };

/** `a/b/c`; `$count` at the end asks for the number of values. */
export type Path = readonly string[];
