//! A case: a source with events, a function, tables and buckets, from the first invocation to the last.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use enrich_engine::dsl::source::Sources;
use enrich_engine::functions::Registry;
use enrich_engine::output::Sinks;
use enrich_engine::{Destination, Engine, Limits, Rules, Timestamp};
use enrich_lambda::{Handler, Invoked};
use futures_util::FutureExt as _;

use crate::bugs::{self, Bug};
use crate::callers::{Caller, Delivery, KINDS, Kind, Next, Reading};
use crate::checks;
use crate::dice::Dice;
use crate::events::{self, Style};
use crate::store::Bucket;
use crate::tables::Tables;
use crate::weather::{CallerFault, Struck, Weather};
use crate::world::{Check, Violation, World};

/// What tells a case from every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) seed: u64,
    pub(crate) kind: Kind,
    /// How many events.
    pub(crate) events: usize,
    /// How many faults at most.
    pub(crate) faults: usize,
}

/// What came of a case.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) violation: Option<Violation>,
    pub(crate) trace: Vec<String>,
    pub(crate) invocations: usize,
    /// The faults there were.
    pub(crate) struck: Struck,
}

impl Case {
    /// The case of a seed. Sizes are such that small cases come often.
    pub(crate) fn new(seed: u64) -> Self {
        let kind = KINDS[usize::try_from(seed % 10).expect("a place")];
        let mut dice = Dice::new(seed, 1);
        let most = dice.pick(&[4, 12, 40]);
        Self { seed, kind, events: dice.between(1, most), faults: dice.pick(&[0, 1, 4, 12, 30]) }
    }

    pub(crate) fn run(self, bug: Option<Bug>) -> Report {
        let tokio = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        tokio.expect("a runtime").block_on(async { Running::new(self, bug).run().await })
    }
}

struct Running {
    world: Arc<World>,
    source: Box<dyn Caller>,
    engine: Engine,
    rejects: Option<Destination>,
    dice: Dice,
    bug: Option<Bug>,
    invocations: usize,
    most_invocations: usize,
}

impl Running {
    fn new(case: Case, bug: Option<Bug>) -> Self {
        let Case { seed, kind, .. } = case;
        let mut dice = Dice::new(seed, 2);
        let rejects = dice.chance(85);
        let roll = |number| events::roll(&mut dice, number, kind.style());
        let mut events: Vec<_> = (0..case.events).map(roll).collect();
        let source = kind.source(&mut events, &mut Dice::new(seed, 3), rejects);
        let weather = Weather::new(Dice::new(seed, 4), case.faults);
        let mut world = World::new(events, kind.takes_events(), rejects, weather);
        world.only = bug.map(Bug::breaks);
        let world = Arc::new(world);
        let cached = dice.chance(50);
        world.note(&format!("{case:?}, rejects: {rejects}, cached: {cached}"));
        let mut limits = Limits::default();
        limits.batch_bytes = events::BATCH_BYTES;
        let engine = Engine::builder(rules(kind.style(), cached).clone())
            .tables(bugs::Asked { inner: Tables(Arc::clone(&world)), bug })
            .outputs()
            .limits(limits)
            .build();
        Self {
            world,
            source,
            engine: engine.expect("an engine"),
            rejects: rejects.then(|| Destination::parse("s3://rejects").expect("a destination")),
            dice: Dice::new(seed, 5),
            bug,
            invocations: 0,
            most_invocations: 400 + 20 * case.events,
        }
    }

    async fn run(mut self) -> Report {
        while self.world.violation().is_none() {
            match self.source.next(&mut self.dice, self.world.now()) {
                Next::Over => {
                    checks::at_the_end(&self.world);
                    break;
                }
                Next::Wait(millis) => tokio::time::sleep(Duration::from_millis(millis.unsigned_abs())).await,
                Next::Invoke(delivery) => self.deliver(&delivery).await,
            }
            if self.invocations > self.most_invocations {
                if self.world.only.is_some_and(|only| only != Check::Ends) {
                    break;
                }
                self.world.violated(Check::Ends, format!("{} invocations and no end", self.invocations));
            }
        }
        let (violation, trace) = (self.world.violation(), self.world.trace());
        let struck = self.world.with_weather(|weather| weather.struck.clone());
        Report { violation, trace, invocations: self.invocations, struck }
    }

    async fn deliver(&mut self, delivery: &Delivery) {
        let fault = self.world.with_weather(Weather::caller);
        let reading = self.invoke(delivery, fault).await;
        let heard = reading.filter(|_| fault != Some(CallerFault::LostAnswer));
        if let Some(reading) = &heard {
            checks::accepted(&self.world, reading);
        }
        let now = self.world.now();
        let given_up = self.source.settle(delivery, heard.as_ref(), &mut self.dice, now);
        if !given_up.is_empty() {
            self.world.note(&format!("given up: {given_up:?}"));
            self.world.state().given_up.extend(given_up);
        }
    }

    /// What the function's answer says; `None` where the invocation fails.
    async fn invoke(&mut self, delivery: &Delivery, fault: Option<CallerFault>) -> Option<Reading> {
        let world = Arc::clone(&self.world);
        let millis = self.dice.pick(&[3_000, 10_000, 60_000]);
        let deadline = Timestamp::from_millis(world.now() + millis).expect("an instant");
        let number = self.begin(delivery, fault, deadline);
        world.was_rude();
        let handler = self.handler(number);
        let run = AssertUnwindSafe(bugs::invoke(self.bug, &handler, delivery, deadline)).catch_unwind();
        let killed = (fault == Some(CallerFault::Killed)).then(|| self.dice.millis(1, 400));
        let limit = Duration::from_millis(killed.unwrap_or(millis).unsigned_abs());
        let invoked = match tokio::time::timeout(limit, run).await {
            Ok(Ok(invoked)) => invoked,
            Ok(Err(_panic)) => {
                world.note(&format!("  [{number}] panics"));
                return None;
            }
            Err(_elapsed) => {
                world.note(&format!("  [{number}] is ended"));
                if killed.is_none() && !world.was_rude() {
                    world.violated(Check::Deadline, format!("invocation {number} passes its deadline"));
                }
                return None;
            }
        };
        self.read(delivery, number, &invoked)
    }

    fn begin(&mut self, delivery: &Delivery, fault: Option<CallerFault>, deadline: Timestamp) -> usize {
        self.invocations += 1;
        let number = self.invocations;
        let batch = delivery.elements.iter().map(|element| format!("{} {:?}", element.id, element.events));
        let batch: Vec<_> = batch.collect();
        let fault_text = fault.map_or(String::new(), |fault| format!(", {fault:?}"));
        self.world.note(&format!("[{number}] from {}: {}{fault_text}", delivery.from, batch.join(" ")));
        if fault == Some(CallerFault::Twice) {
            // The other one's answer is not heard.
            let (handler, delivery, bug) = (self.handler(1_000_000 + number), delivery.clone(), self.bug);
            let wait = Duration::from_millis(self.dice.millis(0, 60).unsigned_abs());
            let (left, world) = (deadline.as_millis(), Arc::clone(&self.world));
            tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                let limit = Duration::from_millis(u64::try_from(left - world.now()).unwrap_or(0));
                let run = AssertUnwindSafe(bugs::invoke(bug, &handler, &delivery, deadline)).catch_unwind();
                // It is ended as any other is.
                let _ = tokio::time::timeout(limit, run).await;
            });
        }
        number
    }

    fn read(&self, delivery: &Delivery, number: usize, invoked: &Invoked) -> Option<Reading> {
        let said = match &invoked.answer {
            Ok(answer) => String::from_utf8_lossy(answer).into_owned(),
            Err(error) => format!("{}: {error}", error.name()),
        };
        self.world.note(&format!("  [{number}] answers {said}"));
        let reading = match invoked.answer.as_ref().ok().map(|answer| self.source.read(delivery, answer)) {
            Some(Err(what)) => {
                self.world.violated(Check::Answer, what);
                return None;
            }
            reading => reading.and_then(Result::ok),
        };
        checks::answered(&self.world, delivery, number, invoked, reading.as_ref());
        reading
    }

    fn handler(&self, number: usize) -> Handler {
        let bucket = Bucket { world: Arc::clone(&self.world), invocation: number };
        let store = Arc::new(bugs::Written { inner: bucket, bug: self.bug });
        let clock: Arc<World> = Arc::clone(&self.world);
        let sinks = Sinks::new().objects(store);
        Handler::new(self.engine.clone(), sinks, self.rejects.clone(), clock).expect("a handler")
    }
}

fn rules(style: Style, cached: bool) -> &'static Rules {
    static RULES: LazyLock<[[Rules; 2]; 2]> = LazyLock::new(|| {
        [Style::Plain, Style::Change].map(|style| [false, true].map(|cached| compiled(style, cached)))
    });
    &RULES[usize::from(style == Style::Change)][usize::from(cached)]
}

fn compiled(style: Style, cached: bool) -> Rules {
    let text = include_str!("rules.enrich").replace("@.", &format!("{}.", style.path()));
    let lines = text.lines().filter(|line| cached || !line.starts_with("  cache "));
    let mut sources = Sources::new();
    sources.add("rules.enrich", lines.map(|line| format!("{line}\n")).collect::<String>());
    let rules = Rules::from_sources(&sources, &Registry::standard(), &|_| Ok(Vec::new()));
    rules.unwrap_or_else(|broken| panic!("{broken}"))
}
