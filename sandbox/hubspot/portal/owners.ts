/** A user who can own records. `id` goes into `hubspot_owner_id`; `userId` appears as `sourceId` of their changes. */
export interface Owner {
  id: string;
  userId: number;
  email: string;
  firstName: string;
  lastName: string;
  archived: boolean;
}

/** The reps of the sandbox portal; the last one has left the company. */
export function salesTeam(): Owner[] {
  return [
    owner('81000011', 9000011, 'Ines', 'Marchetti'),
    owner('81000012', 9000012, 'Dan', 'Okafor'),
    owner('81000013', 9000013, 'Yuki', 'Tanabe'),
    { ...owner('81000014', 9000014, 'Lena', 'Vogt'), archived: true },
  ];
}

function owner(id: string, userId: number, firstName: string, lastName: string): Owner {
  const email = `${firstName}.${lastName}@vendor.example`.toLowerCase();
  return { id, userId, email, firstName, lastName, archived: false };
}
