"""Buying: basket, payment, prices, loyalty."""

from domain_ft.history.sample.vocabulary import Component, Feature

SHOP = (
    Component(
        ("magpie", "LineKeeper", "hold service"), "the basket page", "services/magpie",
        (
            Feature(
                ("basket", "shopping cart", "list of chosen goods"),
                ("trolley contents", "purchases picked so far"),
                ("keeps every article after signing in", "shows the same articles on phone and desktop",
                 "is empty again once the order is placed", "still holds what was chosen yesterday"),
                ("session merge", "line item document", "guest token hand-over", "optimistic revision check"),
            ),
            Feature(
                ("quantity field", "number of pieces", "amount picker"),
                ("how many units are bought", "item count"),
                ("does not go above what is left", "accepts half a kilo of loose goods",
                 "goes back to one when cleared", "changes the sum at once"),
                ("unit-of-measure converter", "clamp in the reducer", "debounced update call", "reservation ceiling"),
            ),
            Feature(
                ("delivery slot", "arrival window", "time of delivery"),
                ("when the courier arrives", "appointment for the drop-off"),
                ("cannot be taken by two people", "turns grey when the van is full", "is remembered during payment",
                 "is closed on public holidays"),
                ("capacity bucket", "route calendar feed", "short lease", "cut-off rule"),
            ),
        ),
    ),
    Component(
        ("kestrel", "CaptureLoop", "money gate"), "the payment page", "services/kestrel",
        (
            Feature(
                ("card payment", "charge on the credit card", "payment by card"),
                ("debiting a Visa or Mastercard", "taking money at purchase"),
                ("goes through at the first click", "asks the bank's app for approval", "is not taken twice",
                 "says why it was declined"),
                ("capture retry", "idempotency key table", "challenge handler", "acquirer adapter"),
            ),
            Feature(
                ("refund", "repayment to the customer", "reimbursement"),
                ("giving money back", "paying out cancelled purchases"),
                ("arrives on the account that was used", "can be given for a part of the order",
                 "is never higher than the sum paid", "appears in the customer's history"),
                ("reversal saga", "compensation step", "settlement file parser", "negative posting"),
            ),
            Feature(
                ("saved card", "stored way to pay", "remembered wallet"),
                ("bank details kept on file", "one-click purchases"),
                ("shows only the last four digits", "can be removed by its owner", "warns before it expires",
                 "is offered first the next time"),
                ("vault reference", "network token rotation", "masking filter", "instrument repository"),
            ),
        ),
    ),
    Component(
        ("tamarind", "RateBook", "deal engine"), "the offers page", "services/tamarind",
        (
            Feature(
                ("discount code", "voucher", "special offer"),
                ("coupon redemption", "promotional rebates"),
                ("lowers the sum only once", "is refused after its last day", "cannot be combined with another one",
                 "applies to the cheapest article"),
                ("rule stacking order", "eligibility predicate", "campaign window comparison", "exclusion matrix"),
            ),
            Feature(
                ("sales tax", "VAT line", "tax amount"),
                ("duty owed to the state", "fiscal levies"),
                ("changes with the country of delivery", "is zero for companies with a number",
                 "adds up to the printed sum", "uses the reduced rate for books"),
                ("jurisdiction resolver", "half-even rounding", "rate table loader", "exemption certificate cache"),
            ),
            Feature(
                ("price on the product page", "crossed-out old price", "price per litre"),
                ("what an item costs", "cost shown to shoppers"),
                ("shows the currency of the visitor", "falls at midnight when a sale starts",
                 "matches the one at the till", "has two decimals"),
                ("money formatter", "scheduled activation", "exchange quote snapshot", "base-unit divisor"),
            ),
        ),
    ),
    Component(
        ("driftwood", "StampBox", "perks service"), "the club page", "services/driftwood",
        (
            Feature(
                ("points balance", "bonus account", "collected credit"),
                ("loyalty rewards", "reward earning"),
                ("grows after each purchase", "falls when an article is sent back", "expires after two years",
                 "can pay a part of the bill"),
                ("accrual event consumer", "clawback job", "ageing bucket", "burn transaction"),
            ),
            Feature(
                ("gift card", "present for a friend", "prepaid card"),
                ("gift certificates", "pre-loaded vouchers"),
                ("keeps what was not spent", "can be sent by mail", "is locked after five wrong numbers",
                 "works in the shop and online"),
                ("stored-value ledger", "attempt counter", "activation batch", "liability account"),
            ),
            Feature(
                ("member level", "gold status", "club rank"),
                ("VIP customers", "loyalty tiers"),
                ("rises on the day the limit is reached", "gives free delivery", "is shown beside the name",
                 "stays until the end of the year"),
                ("tier evaluator", "threshold projection", "benefit grant writer", "yearly rollover"),
            ),
        ),
    ),
)  # fmt: skip
