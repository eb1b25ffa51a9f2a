"""The demo company: people, deals and a campaign, made through the same actions that people use."""

SIGN_INS = [
    ("Sales rep", "priya@tandem.example", "tandem-demo"),
    ("Sales manager", "marta@tandem.example", "tandem-demo"),
    ("Marketer", "milan@tandem.example", "tandem-demo"),
    ("Administrator", "ada@tandem.example", "tandem-demo"),
]
