"""Goods: stock, picking, shipping, returns."""

from domain_ft.history.sample.vocabulary import Component, Feature

WAREHOUSE = (
    Component(
        ("barnacle", "CountHouse", "tally service"), "the stock screen", "services/barnacle",
        (
            Feature(
                ("availability note", "stock lamp", "number left in the shop"),
                ("items in stock", "sold-out detection"),
                ("turns red when the last piece is sold", "counts goods on the way", "differs per store",
                 "is fresh within a minute"),
                ("allocation projection", "on-hand snapshot", "change feed consumer", "safety buffer"),
            ),
            Feature(
                ("stocktaking list", "yearly count", "inventory sheet"),
                ("counting what lies in the warehouse", "annual audit of items"),
                ("can be paused and continued", "shows what differs", "asks for a second count",
                 "closes the shelf meanwhile"),
                ("variance calculator", "freeze flag on bins", "session entity", "blind recount rule"),
            ),
            Feature(
                ("reorder proposal", "suggested purchase", "refill list"),
                ("restocking", "ordering from vendors"),
                ("appears before goods run out", "rounds up to full boxes", "leaves out articles that end",
                 "names the supplier"),
                ("min-max planner", "lead-time estimator", "pack-size rounding", "demand forecast job"),
            ),
        ),
    ),
    Component(
        ("ferret", "WalkPlan", "route brain"), "the picker's screen", "services/ferret",
        (
            Feature(
                ("picking list", "collector's list", "order of the shelves"),
                ("gathering items in the warehouse", "aisle routing"),
                ("leads the shortest way", "starts with heavy goods", "splits big orders", "skips blocked aisles"),
                ("travelling heuristic", "zone graph", "wave builder", "weight comparator"),
            ),
            Feature(
                ("parcel proposal", "size of the box", "packing screen"),
                ("choosing a carton", "boxing the items"),
                ("fits all goods in one parcel", "warns about liquids", "prints the slip by itself",
                 "adds filling for glass"),
                ("bin-packing solver", "dimension master data", "hazard attribute", "cartonisation step"),
            ),
            Feature(
                ("missing article", "shortage report", "gap in the order"),
                ("items not found in the warehouse", "incomplete orders"),
                ("is offered with a substitute", "goes to the shift leader", "does not hold up the rest",
                 "is credited to the customer"),
                ("short-pick event", "backorder splitter", "substitution map", "exception queue"),
            ),
        ),
    ),
    Component(
        ("osprey", "Longboat", "dispatch bridge"), "the shipping desk", "services/osprey",
        (
            Feature(
                ("shipping label", "parcel sticker", "address label"),
                ("barcodes stuck on packages", "courier paperwork"),
                ("has a readable barcode", "shows customs data for abroad", "prints on the small printer",
                 "is void after cancelling"),
                ("ZPL generator", "manifest upload", "harmonised code lookup", "credential rotation"),
            ),
            Feature(
                ("parcel tracking", "state of the shipment", "where-is-it page"),
                ("following a package", "where the courier is"),
                ("shows each stop", "says when the driver comes", "is visible without an account",
                 "turns to delivered"),
                ("webhook normaliser", "milestone enum", "polling back-off", "event de-duplication"),
            ),
            Feature(
                ("delivery charge", "shipping fee", "postage"),
                ("freight cost", "price of sending a package"),
                ("is free above fifty euros", "depends on the weight", "is higher for islands",
                 "is shown before payment"),
                ("zone tariff import", "volumetric divisor", "surcharge rule", "threshold evaluator"),
            ),
        ),
    ),
    Component(
        ("pangolin", "BackDoor", "reverse desk"), "the returns desk", "services/pangolin",
        (
            Feature(
                ("return form", "wish to send goods back", "return request"),
                ("customers returning items", "unwanted purchases"),
                ("can be filled in without an account", "offers only articles of that order",
                 "is refused after thirty days", "asks for a reason"),
                ("RMA aggregate", "eligibility window", "reason code enum", "anonymous lookup token"),
            ),
            Feature(
                ("inspection of returned goods", "condition grade", "check on arrival"),
                ("judging used items", "quality of items that came back"),
                ("needs a photo of the damage", "decides about resale", "is done within two days",
                 "shows the earlier result"),
                ("grading workflow", "image upload pipeline", "disposition code", "quarantine location"),
            ),
            Feature(
                ("exchange for another size", "replacement delivery", "swap of an article"),
                ("trading for a different size", "substitute items"),
                ("costs nothing extra", "is reserved at once", "leaves before the old one arrives",
                 "keeps the old price"),
                ("linked order clone", "advance shipment flag", "rate lock", "paired reservation"),
            ),
        ),
    ),
)  # fmt: skip
