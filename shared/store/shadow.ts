/** Leaves out what a version of Cerebro does in shadow: senders and the fund's figures follow the first version. */
export const notInShadow = { trading_mode: { $ne: 'SHADOW' } }
