/** `{signal_id}_ORD`, `_ORD2` … for further parts; a version in shadow puts its name before (CER-9, CER-11). */
export const partOrderId = (signal_id: string, part: number, shadow: string | null): string =>
  `${signal_id}${shadow === null ? '' : `_${shadow}`}_ORD${part === 0 ? '' : part + 1}`

/** Rungs of an exit's ladder have numbers below this; each later order of the same decision begins at the next multiple of it. */
export const RUNGS_AN_ORDER = 1000

/** `_R1000`, `_R2000` … for later orders of the same exit, so that they never meet the `_R1`, `_R2` … of its ladder. */
export const rungOf = (order_id: string, earlier: number): string => (earlier === 0 ? order_id : `${order_id}_R${earlier * RUNGS_AN_ORDER}`)

/** The first order of the exit that an order belongs to. */
export const firstRung = (order_id: string): string => order_id.replace(/_R\d+$/, '')
