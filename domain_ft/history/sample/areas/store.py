"""The shop floor and the catalogue: till, handheld, working offline, search."""

from domain_ft.history.sample.vocabulary import Component, Feature

STORE = (
    Component(
        ("tugboat", "DrawerKit", "counter client"), "the till", "clients/tugboat",
        (
            Feature(
                ("receipt", "till slip", "paper at the checkout"),
                ("printed proof of purchase", "printout for the shopper"),
                ("is printed in one piece", "carries the shop's address", "can be mailed instead",
                 "shows the change given"),
                ("ESC/POS driver", "signature unit", "spool watchdog", "layout block"),
            ),
            Feature(
                ("cash drawer", "closing of the day", "count of coins"),
                ("cash counting", "banknotes in the register"),
                ("opens only for a sale", "matches the sum of the day", "asks when money is missing",
                 "is closed by the last cashier"),
                ("shift entity", "denomination counter", "kick pulse", "Z-report sequence"),
            ),
            Feature(
                ("scanned article", "beep at the counter", "barcode at the till"),
                ("ringing up items", "reading barcodes at the register"),
                ("appears with name and price", "asks for the age when needed", "can be taken back",
                 "works with weighed goods"),
                ("EAN prefix parser", "PLU lookup", "restriction hook", "embedded weight decoder"),
            ),
        ),
    ),
    Component(
        ("lynx", "PocketShell", "floor app"), "the handheld", "clients/lynx",
        (
            Feature(
                ("camera scan", "reading with the phone", "viewfinder"),
                ("photographing barcodes", "reading codes with a lens"),
                ("recognises worn labels", "works in poor light", "vibrates on success", "reads several at once"),
                ("frame decoder", "exposure hint", "symbology whitelist", "torch controller"),
            ),
            Feature(
                ("arrival of goods", "delivery at the ramp", "unloading list"),
                ("receiving items from vendors", "trucks being emptied"),
                ("can be booked in parts", "asks for the best-before date", "shows what was ordered",
                 "marks damaged pallets"),
                ("ASN matcher", "lot attribute capture", "receipt tolerance", "dock appointment"),
            ),
            Feature(
                ("shelf label", "electronic price tag", "display at the shelf"),
                ("digital price display", "tags on the racks"),
                ("shows the new price by opening time", "blinks when searched for", "can be moved to another place",
                 "tells when its battery is low"),
                ("e-ink gateway", "planogram binding", "radio slot plan", "bitmap diff"),
            ),
        ),
    ),
    Component(
        ("pumice", "TwinStore", "replica kit"), "the till's network menu", "libs/pumice",
        (
            Feature(
                ("sale without network", "work during an outage", "offline purchase"),
                ("selling while disconnected", "loss of the internet connection"),
                ("is sent later by itself", "is not lost on restart", "shows a small cloud", "keeps its own time"),
                ("write-ahead journal", "vector clock", "replay cursor", "local sequence"),
            ),
            Feature(
                ("clash of two edits", "double edit", "change by two people"),
                ("simultaneous modifications", "conflicting modifications"),
                ("asks which one to keep", "never loses a note", "is shown to both", "ends with one result"),
                ("three-way merge", "last-writer rule", "tombstone compaction", "causal stamp"),
            ),
            Feature(
                ("program update", "new version on the till", "update at night"),
                ("software upgrades of the register", "installing a release"),
                ("keeps all settings", "goes back when it fails", "waits for the shop to close",
                 "shows what is new"),
                ("delta package", "rollback slot", "bundle signature check", "rollout ring"),
            ),
        ),
    ),
    Component(
        ("saffron", "WordMill", "finder"), "the catalogue", "services/saffron",
        (
            Feature(
                ("search box", "list of hits", "product search"),
                ("finding items by keyword", "query matching"),
                ("finds words with a typo", "shows nothing odd for an empty word", "puts sold-out goods last",
                 "knows singular and plural"),
                ("analyzer chain", "edit-distance fuzziness", "boost function", "stemmer exception"),
            ),
            Feature(
                ("filter by colour", "category tree", "side menu"),
                ("narrowing down results", "browsing by attribute"),
                ("shows how many are left", "can be combined with others", "is kept when going back",
                 "hides empty groups"),
                ("facet counter", "bitmap intersection", "taxonomy loader", "URL state codec"),
            ),
            Feature(
                ("product page", "article picture", "description of the goods"),
                ("item details", "photos of merchandise"),
                ("shows all pictures", "is sharp on large screens", "lists what goes with it",
                 "has the right size table"),
                ("image variant pipeline", "CDN purge", "related-item vectors", "attribute inheritance"),
            ),
        ),
    ),
)  # fmt: skip
