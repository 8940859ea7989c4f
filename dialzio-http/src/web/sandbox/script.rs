//! What is said on the sample day: by invented people, to a shop that may sell anything and is called as the organisation is.

use dialzio_whatsapp::emulator::CustomerIdentity;

/// Something that happens.
pub(super) enum Act {
    /// The customer writes.
    Says(&'static str),
    /// The customer sends a photo of two colours, with words.
    Photo([u8; 3], [u8; 3], &'static str),
    /// The customer reacts to our newest message.
    Reacts(&'static str),
    /// The customer reads what has arrived.
    Reads,
    /// The customer taps the quick reply with these words under our newest template.
    Taps(&'static str),
    /// We answer in free text; `{business}` stands for the organisation's name.
    Answer(&'static str),
    /// We send a template with its parameters.
    Template(&'static str, &'static [(&'static str, &'static str)]),
    /// We close the conversation.
    Close,
}

/// One conversation of the day.
pub(super) struct Talk {
    pub(super) name: &'static str,
    /// Digits with the country code, or nothing for a person with a username only.
    pub(super) digits: Option<&'static str>,
    pub(super) username: Option<&'static str>,
    pub(super) acts: &'static [Act],
}

impl Talk {
    pub(super) fn person(&self) -> CustomerIdentity {
        let mut person = match self.digits {
            Some(digits) => CustomerIdentity {
                user_id: Some(format!("ZZ.{digits}")),
                ..CustomerIdentity::with_phone(digits, self.name)
            },
            None => {
                let plain: String =
                    self.username.unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).collect();
                CustomerIdentity::without_phone(format!("ZZ.{plain}"), self.name)
            }
        };
        person.username = self.username.map(str::to_owned);
        person
    }
}

use Act::{Answer, Close, Photo, Reacts, Reads, Says, Taps, Template};

const fn talk(name: &'static str, digits: &'static str, acts: &'static [Act]) -> Talk {
    Talk { name, digits: Some(digits), username: None, acts }
}

/// The day.
pub(super) static DAY: [Talk; 12] = [
    talk(
        "Asha Subramaniam",
        "919840055101",
        &[
            Says("Good morning! Is the large one from your window still there?"),
            Answer("Good morning Asha, this is {business}. Yes, it is. Shall we keep it for you until six?"),
            Reads,
            Says("Yes please, I will come after work"),
            Says("Do you also have a bag for it? Something plain"),
            Answer("We put two next to it, you can choose when you are here."),
            Reads,
            Reacts("👍"),
            Close,
        ],
    ),
    talk(
        "Farhan Qureshi",
        "919820077402",
        &[
            Says("hi, it looks like this since monday"),
            Photo([74, 103, 65], [176, 148, 72], "did I do something wrong?"),
            Answer("No, that is only the surface. Leave it for ten days and send us another photo."),
            Reads,
            Says("ok thanks will do 🙏"),
        ],
    ),
    Talk {
        name: "Kavya",
        digits: None,
        username: Some("kavya.designs"),
        acts: &[
            Says("Hello, I furnish offices and need about 40 pieces. Do you deliver to a third floor?"),
            Says("It is in Indiranagar, with a lift"),
            Answer("Hello Kavya, we do. Could you send a photo of the rooms?"),
            Reads,
            Photo([208, 214, 220], [120, 140, 150], "this is the larger one"),
        ],
    },
    talk(
        "Tomás Ferreira",
        "351912345014",
        &[
            Says("Bom dia, enviam para Portugal?"),
            Answer("Bom dia Tomás. Small parcels yes. Delivery takes about nine days."),
            Reads,
            Reacts("❤️"),
        ],
    ),
    talk(
        "Meera Pillai",
        "919895022310",
        &[
            Says("Where is my order? It was promised for today"),
            Answer("Sorry Meera. It left us at nine and should be with you before seven."),
            Reads,
            Says("Nobody called so far"),
            Says("??"),
        ],
    ),
    talk("Rohit Malhotra", "919811066123", &[Says("STOP")]),
    talk(
        "Devika Nair",
        "919846033908",
        &[
            Says("Can I book a half hour with somebody who can advise me"),
            Template("appointment", &[("first_name", "Devika"), ("day", "Thursday, 4 pm")]),
            Reads,
            Taps("I will come"),
            Reacts("🙏"),
        ],
    ),
    talk(
        "Grace Mathew",
        "447700900414",
        &[
            Says("My sister in Chennai has her birthday on Friday, can you bring her something cheerful?"),
            Says("Budget about 1500 rupees"),
            Answer("With pleasure. Our yellow gift box is 1,350 with delivery. Shall we?"),
            Reads,
            Says("Perfect. Card says: from all of us, with love"),
        ],
    ),
    talk(
        "Suresh Kamath",
        "919845011777",
        &[
            Photo([150, 84, 52], [96, 54, 38], "This arrived broken"),
            Answer("We are sorry, Suresh. A new one goes out tomorrow, you need not send this one back."),
            Reads,
            Reacts("👍"),
            Close,
        ],
    ),
    talk(
        "Nandini Bose",
        "919830090215",
        &[
            Says("Do you have these? See https://www.example.com/guide, the second one"),
            Says("about 2 metres high"),
        ],
    ),
    talk(
        "Ibrahim Al-Sayed",
        "971501230088",
        &[Says("مرحبا، هل يمكنكم التوصيل إلى دبي؟"), Says("Sorry, in English: do you deliver to Dubai?")],
    ),
    talk(
        "Priya Raghavan",
        "919962044510",
        &[
            Says("Your newsletter is lovely, but please unsubscribe me, my inbox is too full"),
            Says("And are you open on Sunday?"),
            Answer("Of course. And yes, from ten to two."),
            Reads,
        ],
    ),
];
