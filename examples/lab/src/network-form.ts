// What all networks of the lab have in common.

/** Centred: layers of logistic neurons with such weights forget their inputs. */
export const ACTIVATION = "tanh" as const;

/** How far beyond the true weights those that are found may go. */
export const REACH = 2;
