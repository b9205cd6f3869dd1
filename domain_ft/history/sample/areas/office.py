"""The back office: figures, exports, bills, work of the night."""

from domain_ft.history.sample.vocabulary import Component, Feature

OFFICE = (
    Component(
        ("meridian", "GlassPane", "figures service"), "the overview", "services/meridian",
        (
            Feature(
                ("sales chart", "turnover curve", "revenue graph"),
                ("income plotted over time", "earnings statistics"),
                ("shows today's figures", "compares with last year", "has no hole on Sundays", "can be enlarged"),
                ("rollup table", "time-bucket query", "series gap filler", "stream watermark"),
            ),
            Feature(
                ("goal of the month", "target gauge", "sales goal"),
                ("monthly quota of the sellers", "progress towards objectives"),
                ("turns green when reached", "is set per team", "counts returned goods as minus",
                 "is fixed after the third day"),
                ("quota document", "attainment formula", "net view", "freeze period check"),
            ),
            Feature(
                ("tile on the start page", "personal overview", "arrangement of tiles"),
                ("dashboard widgets", "home screen customisation"),
                ("stays where it was dragged", "loads within two seconds", "can be shared with the team",
                 "shows a hint when empty"),
                ("layout JSON", "lazy fragment", "grid breakpoint", "query fan-out"),
            ),
        ),
    ),
    Component(
        ("thimble", "SheetMill", "bulk service"), "the download page", "services/thimble",
        (
            Feature(
                ("spreadsheet download", "Excel file", "exported table"),
                ("XLSX and CSV output", "saving data to a workbook"),
                ("opens without a warning", "keeps leading zeros", "has all columns in order",
                 "contains accents and umlauts"),
                ("stream writer", "cell type inference", "charset marker", "column projection"),
            ),
            Feature(
                ("weekly report", "report by mail", "Monday summary"),
                ("recurring statistics", "periodic e-mailed figures"),
                ("comes at seven o'clock", "covers seven full days", "reaches new colleagues",
                 "is skipped when nothing happened"),
                ("cron trigger", "recipient expansion", "range calculator", "attachment spool"),
            ),
            Feature(
                ("article upload", "price file", "bulk upload"),
                ("importing products", "mass data loading"),
                ("tells which line is wrong", "can be undone", "accepts ten thousand lines",
                 "keeps pictures that are not mentioned"),
                ("row validator", "staging table swap", "chunked upsert", "schema sniffing"),
            ),
        ),
    ),
    Component(
        ("foxglove", "PaperTrail", "billing core"), "the billing page", "services/foxglove",
        (
            Feature(
                ("invoice", "bill as PDF", "printed bill"),
                ("billing documents", "statements for buyers"),
                ("has a number without gaps", "names the buyer's company", "can be fetched years later",
                 "shows every tax rate"),
                ("sequence allocator", "document composer", "archive bucket", "glyph subset"),
            ),
            Feature(
                ("payment reminder", "dunning letter", "overdue notice"),
                ("late payers", "unpaid debts"),
                ("is sent after two weeks", "adds no fee at first", "stops once the money came",
                 "respects an agreed delay"),
                ("arrears scan", "escalation ladder", "open item matcher", "hold-off marker"),
            ),
            Feature(
                ("bookkeeping file", "hand-over to accounting", "monthly journal"),
                ("records for the accountant", "financial statements"),
                ("balances to zero", "is accepted by the tax office", "contains each sale once",
                 "can be made again for a past month"),
                ("chart-of-accounts mapping", "double-entry builder", "period lock", "cost centre resolver"),
            ),
        ),
    ),
    Component(
        ("wombat", "NightShift", "batch runner"), "the operations page", "services/wombat",
        (
            Feature(
                ("nightly run", "overnight processing", "work of the night"),
                ("background jobs after midnight", "batch jobs"),
                ("is done before six", "goes on after a failure", "writes a readable log", "does not slow the shop"),
                ("lease renewal", "checkpoint cursor", "worker pool size", "dead-letter handling"),
            ),
            Feature(
                ("clean-up of old data", "archive of past years", "removal of old orders"),
                ("purging stale records", "deleting historic records"),
                ("leaves the last ten years", "frees disk space", "can be tried without effect", "keeps open cases"),
                ("partition drop", "legal hold check", "vacuum window", "dry-run switch"),
            ),
            Feature(
                ("status page", "health lamp", "traffic light of the systems"),
                ("service monitoring", "uptime information"),
                ("is green when all is well", "names the broken part", "refreshes by itself",
                 "is visible during an outage"),
                ("liveness probe", "heartbeat topic", "dependency graph", "static fallback bundle"),
            ),
        ),
    ),
)  # fmt: skip
