"""People: sign-in, personal data, rights, messages."""

from domain_ft.history.sample.vocabulary import Component, Feature

ACCOUNTS = (
    Component(
        ("juniper", "PassDesk", "front gate"), "the start page", "services/juniper",
        (
            Feature(
                ("login page", "sign-in form", "entry to the shop"),
                ("user authentication", "logging on"),
                ("lets a known user in", "remembers the user for a week", "locks after too many wrong tries",
                 "works with the company account"),
                ("bearer refresh", "cookie same-site flag", "throttle window", "OIDC callback"),
            ),
            Feature(
                ("password reset", "forgotten-password mail", "new password form"),
                ("lost credentials", "choosing another passphrase"),
                ("works only once", "refuses a weak choice", "leads to the right page", "ends all other visits"),
                ("one-time link signer", "entropy meter", "credential hash upgrade", "recovery nonce"),
            ),
            Feature(
                ("second step at sign-in", "code from the phone", "two-step check"),
                ("multi-factor authentication", "one-time codes"),
                ("accepts what the app shows", "can be switched off by an administrator", "offers spare codes",
                 "is asked for again on a new device"),
                ("drift tolerance", "device fingerprint", "backup secret generator", "step-up policy"),
            ),
        ),
    ),
    Component(
        ("marzipan", "PersonCard", "people service"), "the profile page", "services/marzipan",
        (
            Feature(
                ("delivery address", "home address", "entry in the address book"),
                ("where parcels are sent", "residence of the buyer"),
                ("can be corrected before the parcel leaves", "suggests streets while typing",
                 "refuses a postcode that does not exist", "keeps flat number and floor"),
                ("geocoder client", "postal normaliser", "contact schema migration", "autocomplete index"),
            ),
            Feature(
                ("deletion of the account", "request to be forgotten", "wish to erase personal data"),
                ("GDPR erasure", "closing a profile for good"),
                ("removes name and mail everywhere", "is confirmed within a day", "leaves old bills untouched",
                 "can be taken back for two weeks"),
                ("tombstone writer", "retention sweep", "pseudonym mapping", "cascade in the subject graph"),
            ),
            Feature(
                ("language of the site", "preferred language", "language menu"),
                ("localisation", "Spanish and German texts"),
                ("is kept after signing out", "changes the dates as well", "is used in mails",
                 "falls back to English"),
                ("translation bundle loader", "header negotiation", "message catalogue merge", "plural rule table"),
            ),
        ),
    ),
    Component(
        ("halberd", "RightsTree", "grant service"), "the staff page", "services/halberd",
        (
            Feature(
                ("role of a colleague", "staff role", "job profile"),
                ("employee permissions", "what employees are authorised to do"),
                ("takes effect without a new sign-in", "cannot be given to oneself", "hides what is not allowed",
                 "is copied for a substitute"),
                ("policy decision cache", "claim expansion", "inheritance walk", "privilege guard"),
            ),
            Feature(
                ("list of branches", "store menu", "choice of shops"),
                ("outlets an employee may see", "visibility of outlets"),
                ("shows only one's own stores", "contains a new store on its first day", "is sorted by town",
                 "is empty for suppliers"),
                ("tenant predicate", "row-level clause", "scope resolver", "partition key rewrite"),
            ),
            Feature(
                ("approval by the manager", "second signature", "release of an order"),
                ("sign-off by a supervisor", "authorising expensive purchases"),
                ("is needed above a thousand euros", "reaches the deputy during holidays",
                 "can be declined with a reason", "is recorded with the time"),
                ("four-eyes workflow", "escalation timer", "delegate lookup", "request state machine"),
            ),
        ),
    ),
    Component(
        ("sorrel", "Towncrier", "outbox"), "the message centre", "services/sorrel",
        (
            Feature(
                ("order confirmation", "mail about the purchase", "thank-you message"),
                ("e-mails to buyers", "acknowledging a new order"),
                ("arrives within a minute", "lists all articles", "is sent only once", "looks right in the mail app"),
                ("relay loop", "template renderer", "dedup fingerprint", "SMTP pool"),
            ),
            Feature(
                ("push message", "notice on the phone", "alert in the app"),
                ("mobile notifications", "messages on iOS and Android"),
                ("opens the right order when tapped", "respects quiet hours", "is not shown after signing out",
                 "carries a picture"),
                ("registration store", "deep link builder", "silence schedule", "payload size limit"),
            ),
            Feature(
                ("newsletter choice", "subscription setting", "unsubscribe link"),
                ("marketing opt-out", "permission for e-mail campaigns"),
                ("is honoured at once", "survives a change of address", "works without signing in",
                 "lists all topics"),
                ("consent record", "suppression list sync", "topic bitmask", "double opt-in handshake"),
            ),
        ),
    ),
)  # fmt: skip
