/** India's wall clock of a moment, as Kite writes it. */
export const istStamp = (moment: Date): string => new Date(moment.getTime() + 5.5 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
