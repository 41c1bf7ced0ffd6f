/** An invented partner programme: the same for the same number, so that a run can be repeated. */
export interface InventedPartner {
  key: string;
  name: string;
  email: string;
  tier: 'registered' | 'silver' | 'gold' | 'platinum';
  domain: string;
}

export interface InventedDeal {
  ref: string;
  partner: string;
  name: string;
  company: { name: string; domain: string; country: string };
  contact: { firstName: string; lastName: string; email: string };
  products: { name: string; quantity: number }[];
  amount: string;
  currency: 'USD' | 'EUR';
  expectedCloseDate: string;
}

const partnerNames = [
  'Northwind Advisory',
  'Blue Harbor Systems',
  'Cascade Consulting',
  'Orchard IT',
  'Summit Integrators',
  'Meridian Cloud',
  'Larkspur Digital',
  'Granite Peak',
];
const tiers = ['registered', 'silver', 'gold', 'platinum'] as const;
const companyWords = [
  'Alder',
  'Birch',
  'Cedar',
  'Dune',
  'Elm',
  'Fjord',
  'Glen',
  'Hazel',
  'Iris',
  'Juniper',
  'Kestrel',
  'Linden',
  'Moss',
  'Nettle',
  'Oak',
];
const trades = ['Logistics', 'Foods', 'Robotics', 'Health', 'Energy', 'Textiles', 'Media', 'Optics'];
const firstNames = ['Ada', 'Bo', 'Chen', 'Dara', 'Eli', 'Femi', 'Gus', 'Hana'];
const lastNames = ['Okafor', 'Lindqvist', 'Marsh', 'Novak', "O'Hara", 'Péreira', 'Quist', 'Rossi'];
const products = ['Platform', 'Analytics', 'Support Plus', 'Edge Gateway'];

export function inventPartners(): InventedPartner[] {
  return partnerNames.map((name, index) => {
    const key = name.toLowerCase().replaceAll(' ', '-');
    return { key, name, email: `partners@${key}.com`, tier: pick(tiers, index), domain: `${key}.com` };
  });
}

/** Deal number `index`: even ones are in the United States (USD), odd ones in Germany (EUR). About a third share a company. */
export function inventDeal(index: number): InventedDeal {
  const german = index % 2 === 1;
  const companyNumber = german ? Math.floor(index / 3) * 2 + 1 : Math.floor(index / 3) * 2;
  const company = inventCompany(companyNumber, german ? 'Germany' : 'United States');
  const first = pick(firstNames, index);
  const last = pick(lastNames, Math.floor(index / firstNames.length));
  const product = pick(products, index);
  return {
    ref: `demo-${String(index + 1).padStart(6, '0')}`,
    partner: pick(inventPartners(), Math.floor(index / 2)).key,
    name: `${company.name}: ${product}`,
    company,
    contact: {
      firstName: first,
      lastName: last,
      email: `${asciiOf(first)}.${asciiOf(last)}.${index + 1}@${company.domain}`,
    },
    products: [{ name: product, quantity: 1 + (index % 5) }],
    amount: inventAmount(index),
    currency: german ? 'EUR' : 'USD',
    expectedCloseDate: `2027-${String(1 + (index % 12)).padStart(2, '0')}-${String(1 + (index % 28)).padStart(2, '0')}`,
  };
}

function inventCompany(number: number, country: string): InventedDeal['company'] {
  const name = `${pick(companyWords, number)} ${pick(trades, Math.floor(number / companyWords.length))} ${number + 1}`;
  return { name, domain: `${name.toLowerCase().replaceAll(' ', '-')}.com`, country };
}

/** Between 1,000.00 and about 60,000.00, with cents, so that rounding and caps are met. */
function inventAmount(index: number): string {
  const cents = 100_000 + ((index * 7_919 * 37) % 5_900_000);
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}

function asciiOf(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/[^A-Za-z]/g, '')
    .toLowerCase();
}

function pick<Value>(values: readonly Value[], index: number): Value {
  const value = values[index % values.length];
  if (value === undefined) throw new Error('nothing to pick from');
  return value;
}
