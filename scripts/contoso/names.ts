/** Names of the people of the sample organization, by where their families come from. All of them are invented. */

/** Given names and family names that go together. */
const cultures: readonly (readonly [given: string, family: string])[] = [
  ['Beatriz Duarte Inês Miguel Rita Tiago Sofia Rui', 'Almeida Carvalho Ferreira Lopes Pinto Ribeiro Teixeira'],
  ['Anja Jürgen Katrin Lukas Sabine Stefan Ulrike Wolfgang', 'Bergmann Fuchs Hoffmann Kessler Schäfer Vogt Winkler'],
  ['Aisha Kwame Abena Kofi Esi Yaw Akua Kojo', 'Asante Boateng Mensah Owusu Danso Ofori Amoah'],
  ['Asha Rohan Deepa Vikram Meera Arjun Kavya Nikhil', 'Chandra Iyer Kulkarni Menon Pillai Reddy Sharma'],
  ['Haruka Kenji Naoko Takashi Emi Daisuke Sakura Hiroshi', 'Fujita Hayashi Ishikawa Kobayashi Matsuda Ono Sato'],
  ['Camille Antoine Élodie Julien Margaux Thierry Léa Rémi', 'Blanchard Chevalier Dubois Fournier Girard Lefèvre Roux'],
  ['Freja Anders Maja Erik Linnea Johan Signe Oskar', 'Berglund Dahl Ekström Holm Lindgren Nyström Sjöberg'],
  ['Giulia Lorenzo Elena Paolo Francesca Matteo Silvia Dario', 'Bianchi Colombo Esposito Ferrari Greco Marino Ricci'],
  ['Wanjiru Otieno Akinyi Kamau Njeri Kiprop Auma Mutua', 'Kariuki Mwangi Njoroge Odhiambo Ochieng Wafula Kiptoo'],
  ['Siobhan Declan Aoife Rory Maeve Callum Fiona Angus', 'Byrne Gallagher Kearney MacLeod Murray Nolan Sinclair'],
  ['Camila Diego Lucía Joaquín Valeria Mateo Renata Emilio', 'Aguilar Cárdenas Herrera Morales Núñez Salazar Vega'],
  ['Layla Hassan Salma Tariq Noor Yusuf Dina Karim', 'Bakri Fahmy Haddad Khalil Mansour Nasser Rashid'],
  [
    'Zofia Jakub Agnieszka Piotr Kasia Marek Ewa Tomasz',
    'Dąbrowski Kowalczyk Lewandowski Nowicki Wójcik Zieliński Maj',
  ],
  ['Linh Minh Thảo Quang Hương Tuấn Mai Duy', 'Đặng Hoàng Lê Nguyễn Phạm Trần Vũ'],
  ['Grace Daniel Chloe Marcus Hannah Isaac Naomi Owen', 'Barrett Coleman Ellison Grant Hayes Marsh Whitaker'],
  ['Wei Jia Xin Ming Hui Jun Li Yan', 'Chen Goh Lim Ng Ong Tan Wong'],
];

/** Every pair of the list once, in an order that mixes the families well and is always the same. */
export function* namePairs(): Generator<{ readonly given: string; readonly family: string }> {
  for (let round = 0; round < 8 * 7; round++) {
    for (const [given, family] of cultures) {
      const first = given.split(' ');
      const last = family.split(' ');
      // 8 and 7 have no common divisor, so that both run through all pairs.
      yield { given: first[round % first.length]!, family: last[round % last.length]! };
    }
  }
}

const folded: Readonly<Record<string, string>> = {
  ä: 'ae',
  ö: 'oe',
  ü: 'ue',
  ß: 'ss',
  å: 'aa',
  ø: 'oe',
  æ: 'ae',
  đ: 'd',
  ł: 'l',
};

/** The name in the plain letters that addresses are made of. */
export const addressPart = (name: string): string =>
  [...name.toLowerCase().normalize('NFC')]
    .map((c) => folded[c] ?? c.normalize('NFD').replace(/\p{M}/gu, ''))
    .join('')
    .replace(/[^a-z0-9]/g, '');
