/** Where the people of the sample organization work and what they do there. */

export interface City {
  readonly name: string;
  readonly state?: string;
  readonly country: string;
  readonly code: string;
  readonly countryCode: number;
  readonly street: string;
  readonly postalCode: string;
  /** Start of the telephone numbers. */
  readonly phone: string;
  readonly language: string;
}

const city = (line: string): City => {
  const [name, state, country, code, countryCode, street, postalCode, phone, language] = line.split('|') as string[];
  return {
    name: name!,
    ...(state ? { state } : {}),
    country: country!,
    code: code!,
    countryCode: Number(countryCode),
    street: street!,
    postalCode: postalCode!,
    phone: phone!,
    language: language!,
  };
};

export const cities = {
  lisbon: city('Lisbon||Portugal|PT|620|Rua das Amoreiras 21|1250-020|+351 21 555|pt-PT'),
  berlin: city('Berlin||Germany|DE|276|Oranienstraße 14|10999|+49 30 555|de-DE'),
  toronto: city('Toronto|Ontario|Canada|CA|124|88 Harbour Street|M5J 0C3|+1 416 555|en-CA'),
  nairobi: city('Nairobi||Kenya|KE|404|Riverside Drive 7|00100|+254 20 555|en-KE'),
  singapore: city('Singapore||Singapore|SG|702|12 Amoy Street|069850|+65 6555|en-SG'),
  gothenburg: city('Gothenburg||Sweden|SE|752|Lindholmspiren 5|417 56|+46 31 555|sv-SE'),
  osaka: city('Osaka||Japan|JP|392|3-1 Ofukacho|530-0011|+81 6 5555|ja-JP'),
} as const;
export type CityName = keyof typeof cities;

/** Titles by department: the head, the leads, everybody else. */
export const departments: Readonly<Record<string, readonly [head: string, lead: string, ...others: string[]]>> = {
  Design: ['Head of Design', 'Design Lead', 'Product Designer', 'UX Researcher', 'Illustrator'],
  Engineering: [
    'Chief Engineer',
    'Engineering Lead',
    'Software Engineer',
    'Test Engineer',
    'Site Reliability Engineer',
  ],
  Finance: ['Finance Director', 'Controlling Lead', 'Accountant', 'Financial Analyst', 'Payroll Specialist'],
  Logistics: ['Head of Logistics', 'Shift Lead', 'Warehouse Operator', 'Supply Planner', 'Customs Specialist'],
  Marketing: ['Head of Marketing', 'Campaign Lead', 'Copywriter', 'Event Manager', 'Market Analyst'],
  People: ['People Director', 'Recruiting Lead', 'People Partner', 'Learning Specialist', 'Recruiter'],
  Sales: ['Sales Director', 'Regional Sales Lead', 'Account Manager', 'Sales Engineer', 'Inside Sales'],
  Support: ['Head of Support', 'Support Lead', 'Support Engineer', 'Customer Success Manager', 'Knowledge Manager'],
};
