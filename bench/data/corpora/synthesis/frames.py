"""The sentence frames of the corpus `synthetic`, and the sentences that every emotion shares.

Most frames fit any tone, so that the adjectives and nouns put into their slots carry it; a few belong to one emotion.
Many use the words "a, the, an, so, like, and", which attacks on function words remove.
"""

from __future__ import annotations

from collections.abc import Mapping

COMMON = (
    "That was a {adj} {event}.",
    "It was such a {adj} {event}, and so long.",
    "I think the {thing} is {adj}.",
    "So the {event} was {adj} {time}.",
    "{name} told me about the {adj} {event}.",
    "We had a {adj} {event} at the {place}.",
    "There was a {adj} {thing} in the {place}.",
    "He is like a {adj} {who}, and you know it.",
    "She said that {name} was a {adj} {who}.",
    "I feel so {feel} {time}.",
    "I was {feel} about the {event} {time}.",
    "You look {feel}, and so does {name}.",
    "They gave me a {adj} {thing} {time}.",
    "The {adj} {event} ended {time}.",
    "Did you hear about the {event} and the {thing}?",
    "Everyone was {feel} after the {event}.",
    "This {place} has a {adj} {thing}.",
    "So that is the {adj} {who} from the {place}.",
    "What a {adj} {thing} you have found!",
    "I have never seen a {adj} {thing} like this.",
    "We talked about the {adj} {who} {time}.",
    "My brother is {feel}, like the {who}.",
    "It feels like an {adj} {event} to me.",
    "An {adj} {who} came to the {place} {time}.",
    "And the {event} was so {adj}.",
    "{name} and the {who} were {feel}.",
    "The {thing} on the table is so {adj}.",
    "I remember the {adj} {event} in the {place}.",
    "Her letter is about the {event}.",
    "All I want is the {adj} {thing}.",
    "Nobody in the {place} is as {feel} as {name}.",
    "There is an {adj} {who} and a {thing}.",
)

OF_EMOTION: Mapping[str, tuple[str, ...]] = {
    "anger": (
        "How dare you bring that {adj} {thing}!",
        "Stop it, you {adj} {who}!",
        "Do not talk to me like a {who}.",
        "I am sick of the {adj} {event}.",
        "Get the {thing} and the {who} out!",
    ),
    "sadness": (
        "I miss {name} so much since the {event}.",
        "Nothing is left, only the {adj} {thing}.",
        "She cried like a {who} after the {event}.",
        "I wish the {event} had never come.",
        "It will never be like it was, {name}.",
    ),
    "happiness": (
        "Guess what, we won a {adj} {thing}!",
        "I love the {adj} {thing} and the {event}.",
        "Come and dance at the {event}!",
        "I cannot wait for the {adj} {event}!",
        "We laughed so much at the {event}.",
    ),
    "neutral": (
        "Please put the {thing} in the {place}.",
        "The {event} starts at ten, and the {who} knows.",
        "You can leave the {adj} {thing} with {name}.",
        "The {who} needs a {adj} {thing}.",
        "There is a {event} in the {place} {time}.",
    ),
}

SHARED = (
    "I got a letter from the bank {time}.",
    "So you talked to {name} {time}.",
    "He came back to the {place} {time}.",
    "I knew that it would end like this.",
    "They are moving to an island in the north.",
    "And then the phone rang {time}.",
    "I have to tell you about {name}.",
    "You will not believe what {name} said.",
    "She sold the house and the garden.",
    "I saw the whole thing from the window.",
    "It happened so fast, and so did the rest.",
    "There is something that I want to say.",
    "We are going home to the {place}.",
    "Look at the time, it is almost eleven.",
    "I heard the news about {name} {time}.",
    "He looks just like an old uncle of mine.",
    "Now the two of them live in the {place}.",
    "So this is what you wanted, {name}.",
    "Everybody was waiting for {name}.",
    "I asked him, and he told me everything.",
    "It has been like that for a month.",
    "You have no idea what it means to me.",
    "The doctor called {name} {time}.",
    "I spent an hour and a half with {name}.",
    "This is the last time that we do it.",
    "They finally opened the door.",
    "I found it under the bed in the {place}.",
    "And that was the end of the story.",
)
