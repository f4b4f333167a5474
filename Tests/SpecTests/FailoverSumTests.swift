// SPDX-License-Identifier: Apache-2.0

import Core
import Spec
import Testing

@Suite("The failover sum is made of the spec's own numbers")
struct FailoverSumTests {
  private func sum(_ sections: String) throws -> FailoverSum {
    FailoverSum(try #require(read(try minimal() + "\n\(sections)\n").stack))
  }

  private func durations(_ terms: [FailoverSum.Term]) -> [String: Duration] {
    Dictionary(terms.map { ($0.name, $0.duration) }) { first, _ in first }
  }

  @Test("the defaults come to two minutes, and every detector stays within thirty seconds")
  func defaults() throws {
    let sum = try sum("")
    #expect(sum.terms.map(\.name) == ["detection", "decision", "promotion", "endpoint", "names", "reconnect"])
    #expect(sum.terms.map(\.duration) == [15, 15, 60, 20, 5, 5].map { .seconds($0) })
    #expect(sum.total == .minutes(2))
    // 10 + 2 × 1.5 + 1 + 1; 10 + 2 × 1.5 + 1 + 3 + 10; 2 × (10 + 1.5) + 5
    #expect(sum.detectors.map(\.duration) == [15, 27, 28].map { .seconds($0) })
    #expect((sum.terms + sum.detectors).allSatisfy { !$0.source.isEmpty })
  }

  @Test("the wait of the trigger counts from the first failed attempt, and is never less than nothing")
  func decision() throws {
    let slow = try sum(
      "objectives: {detectWithin: 40s, failoverWithin: 3m}\nhealth: {probe: {attempts: 3, timeout: 2s}}\n"
        + "failover: {trigger: {after: 25s}}")
    // Detection 10 + 6 + 2 + 1, of which 9 s have passed since the first attempt.
    #expect(durations(slow.terms)["detection"] == .seconds(19))
    #expect(durations(slow.terms)["decision"] == .seconds(16))
    let late = try sum(
      "objectives: {detectWithin: 40s, failoverWithin: 3m}\nhealth: {probe: {attempts: 4, timeout: 1600ms}}\n"
        + "failover: {trigger: {after: 10s}}")
    // 6.4 + 3 + 1 s since the first attempt are more than the 10 s of the trigger.
    #expect(durations(late.terms)["decision"] == .zero)
  }

  @Test("where Aurora or a person decides, nothing is waited for")
  func advise() throws {
    #expect(durations(try sum("failover: {mode: advise}").terms)["decision"] == .zero)
  }

  @Test(
    "what is too large is named at its field, with a value that would do",
    arguments: [
      ("health: {endpoint: {failures: 3}}", "HA072", "set `health.endpoint.failures` to 2"),
      ("health: {endpoint: {every: 30s}}", "HA072", "set `health.endpoint.every` to 10s"),
      ("health: {probe: {attempts: 4}}", "HA073", "set `health.probe.attempts` to 3"),
      ("health: {probe: {attempts: 1, timeout: 8s}}", "HA073", "set `health.probe.timeout` to 7s or less"),
      ("failover: {trigger: {after: 35s}}", "HA071", "set `failover.trigger.after` to 20s"),
      (
        "objectives: {failoverWithin: 115s}", "HA071",
        "allow 2m in `objectives.failoverWithin`, or set `failover.trigger.after` to 15s"
      ),
    ])
  func tooLarge(_ section: String, _ rule: String, _ hint: String) throws {
    let reading = read(try minimal() + "\n\(section)\n")
    #expect(reading.rules == [rule], "\(reading.lines)")
    let diagnostic = try #require(reading.diagnostics.all.first)
    #expect(diagnostic.hint == hint)
    // Whoever follows the hint has a spec that is taken.
    #expect(read(try minimal() + "\n\(try following(hint, in: section))\n").rules == [])
  }

  /// The section with the last thing done that the hint advises.
  private func following(_ hint: String, in section: String) throws -> String {
    let advice = try #require(hint.matches(of: /set `([a-zA-Z.]+)` to ([0-9a-z]+)/).last)
    let (keys, value) = (advice.output.1.split(separator: "."), advice.output.2)
    let field = try Regex("\(keys[keys.count - 1]): [0-9a-z]+")
    if section.contains(field) { return section.replacing(field, with: "\(keys[keys.count - 1]): \(value)") }
    return "\(section)\n" + keys.joined(separator: ": {") + ": \(value)" + String(repeating: "}", count: keys.count - 1)
  }
}

@Suite("Times of the spec become schedules")
struct ScheduleTests {
  @Test(
    "a week's time is a cron expression of six fields, one of whose two for days is ?",
    arguments: [
      ("Sun 03:00 UTC", "cron(0 3 ? * SUN *)"), ("Mon 00:05 UTC", "cron(5 0 ? * MON *)"),
      ("Sat 23:59 UTC", "cron(59 23 ? * SAT *)"),
    ])
  func weekly(_ text: String, _ cron: String) throws {
    let time = try #require(WeeklyTime(text))
    #expect(time.description == text)
    #expect(time.cron == cron)
    #expect(cron.split(separator: " ").count == 6)
  }

  @Test("what is no time of the week is refused with the likely one")
  func noWeeklyTime() throws {
    func hint(_ text: String) throws -> String? {
      let drill = "drills:\n  - {name: a, fault: writer-failover, schedule: \"\(text)\"}\n"
      let reading = read(try minimal() + "\n\(drill)")
      #expect(reading.rules == ["spec.value"])
      return reading.diagnostics.all[0].hint
    }
    #expect(try hint("sunday 03:00") == "did you mean \"Sun 03:00 UTC\"?")
    #expect(try hint("Sun 03:00 CET") == "did you mean \"Sun 03:00 UTC\"?")
    #expect(try hint("Sun 3am") == nil)
  }

  @Test("the distance of two times goes the shorter way round the week")
  func distance() throws {
    let (late, early) = (try #require(WeeklyTime("Sun 23:50 UTC")), try #require(WeeklyTime("Mon 00:10 UTC")))
    #expect(late.distance(to: early) == 20)
    #expect(early.distance(to: late) == 20)
  }

  @Test("a window knows the times in it, past midnight and past the end of the week")
  func windows() throws {
    let night = try #require(DailyWindow("23:30-00:30"))
    #expect(night.contains(try #require(TimeOfDay("00:29"))))
    #expect(!night.contains(try #require(TimeOfDay("00:30"))))
    let weekend = try #require(WeeklyWindow("sun:23:30-mon:00:30"))
    #expect(weekend.contains(try #require(WeeklyTime("Mon 00:29 UTC"))))
    #expect(!weekend.contains(try #require(WeeklyTime("Tue 00:00 UTC"))))
    #expect(weekend.contains(try #require(TimeOfDay("23:45"))))
    #expect(!weekend.contains(try #require(TimeOfDay("12:00"))))
  }

  @Test(
    "a rotation is a cron expression at minute 0",
    arguments: [
      (4, "cron(0 1/4 * * ? *)"), (12, "cron(0 5/12 * * ? *)"), (24, "cron(0 5 * * ? *)"),
      (24 * 7, "cron(0 5 ? * SUN *)"), (24 * 30, "cron(0 5 1 * ? *)"), (24 * 90, "cron(0 5 1 1,4,7,10 ? *)"),
      (24 * 180, "cron(0 5 1 1,7 ? *)"), (24 * 365, "cron(0 5 1 1 ? *)"),
    ])
  func rotation(_ hours: Int, _ cron: String) throws {
    let time = try #require(TimeOfDay("05:00"))
    #expect(RotationSchedule.expression(every: .seconds(hours * 3600), at: time) == cron)
    #expect(RotationSchedule.expression(every: .seconds(hours * 3600 + 1), at: time) == nil)
  }
}

@Suite("What ends on a day is told in time")
struct RuntimeTests {
  @Test(
    "from a year before the end of its support on, and never without a day",
    arguments: [
      (Day(2026, 6, 29), "python3.11", false), (Day(2026, 6, 30), "python3.11", true),
      (Day(2027, 12, 1), "python3.11", true), (Day(2027, 12, 1), "python3.12", true),
      (Day(2027, 12, 1), "python3.13", false),
    ])
  func support(_ today: Day, _ runtime: String, _ isTold: Bool) throws {
    let text = Array((try minimal() + "\nfunctions: {runtime: \(runtime)}\n").utf8)
    let reading = SpecFile.read(text, file: "a.yaml", today: today)
    #expect(reading.rules == (isTold ? ["HA160"] : []))
    #expect(reading.stack != nil, "a day makes no error")
    #expect(SpecFile.read(text, file: "a.yaml").rules == [])
  }

  @Test("the last day of February of a leap year has a day before it")
  func leapDay() {
    #expect(Day(2028, 2, 29).yearBefore == Day(2027, 2, 28))
  }
}
