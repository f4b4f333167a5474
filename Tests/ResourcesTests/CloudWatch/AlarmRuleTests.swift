// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Testing

@testable import Resources

struct AlarmRuleTests {
  private let lag = AlarmRule.alarm("lag")
  private let probe = AlarmRule.alarm("probe")

  @Test(
    "rules that CloudWatch cannot tell apart are equal",
    arguments: [
      "ALARM(\"lag\") OR ALARM(\"probe\")", "ALARM(probe) OR ALARM(lag)", "(ALARM(lag) OR (ALARM(probe)))",
      "ALARM(lag)\n  OR ALARM(probe) OR ALARM(lag)", "NOT NOT (ALARM(lag) OR ALARM(probe))",
      "ALARM(arn:aws:cloudwatch:us-east-1:111122223333:alarm:lag) OR ALARM(\"probe\")",
    ])
  func spellings(_ text: String) {
    #expect(AlarmRule(text: text).value == AlarmRule.any([probe, lag]).value)
  }

  @Test(
    "rules that mean something else differ",
    arguments: [
      "ALARM(lag) AND ALARM(probe)", "ALARM(lag) OR OK(probe)", "ALARM(lag)", "NOT (ALARM(lag) OR ALARM(probe))",
      "ALARM(lag) OR ALARM(Probe)", "AT_LEAST(1, ALARM, (lag, probe))", "",
    ])
  func others(_ text: String) {
    #expect(AlarmRule(text: text).value != AlarmRule.any([probe, lag]).value)
  }

  @Test("a rule is written and read as the same")
  func roundTrip() {
    let rule = AlarmRule.all([
      .any([lag, .is(.insufficientData, "a \"b\" \\ (c)")]), .not(.any([.is(.ok, "x"), .constant(false)])),
      .atLeast(2, .ok, ["one", "two", "three"]),
    ])
    guard case .string(let text) = rule.value else {
      Issue.record("a rule without references is a text")
      return
    }
    #expect(AlarmRule(text: text) == rule.canonical)
    #expect(AlarmRule(rule.value) == rule.canonical)
  }

  @Test(
    "what may be read in two ways, or not at all, is left as it is",
    arguments: [
      "ALARM(a) OR ALARM(b) AND ALARM(c)", "AT_LEAST(50%, ALARM, (a, b))", "ALARM(a", "ALARM a)", "NOT", "SOMETIMES(a)",
      "ALARM(a) ALARM(b)", "AT_LEAST(1, ALARM, ())",
    ])
  func verbatim(_ text: String) {
    #expect(AlarmRule(text: text) == .verbatim(text))
    #expect(AlarmRule(text: text).value == .string(text))
  }

  @Test("an alarm that is not made yet leaves the rule unknown, and its name completes it")
  func references() throws {
    let id = OutputID(Address(MetricAlarm.name, "lag"), "name")
    let rule = AlarmRule.all([.not(.alarm(.output(id))), probe])
    #expect(rule.value.unknowns == [id])
    #expect(throws: CallError.self) { try rule.now() }
    let resolved = try #require(AlarmRule(rule.value.resolved([id: .string("lag")])))
    #expect(try resolved.now() == "ALARM(\"probe\") AND NOT ALARM(\"lag\")")
  }
}
