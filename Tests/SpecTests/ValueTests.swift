// SPDX-License-Identifier: Apache-2.0

import Core
import Spec
import Testing

@Suite("Values of the spec")
struct ValueTests {
  @Test(
    "an address range is read, and one with bits beyond its prefix is told the right one",
    arguments: [
      ("10.20.0.0/16", "10.20.0.0/16", true), ("10.20.3.7/16", "10.20.0.0/16", false), ("0.0.0.0/0", "0.0.0.0/0", true),
      ("255.255.255.255/32", "255.255.255.255/32", true), ("::/0", "::/0", true),
      ("2001:DB8::/32", "2001:db8::/32", true), ("fd00::1/64", "fd00::/64", false),
    ])
  func ranges(_ text: String, _ canonical: String, _ isExact: Bool) throws {
    let parsed = try #require(CIDR.parse(text))
    #expect(parsed.block.description == canonical)
    #expect(parsed.isExact == isExact)
  }

  @Test(
    "what is no address range is refused",
    arguments: [
      "", "10.0.0.0", "10.0.0/8", "10.0.0.0/33", "10.0.0.0/08", "010.0.0.0/8", "256.0.0.0/8", "::/129", "::1::/8",
      "10.0.0.0/8/8", "10.0.0.0/-1", " 10.0.0.0/8", "10.0.0.0/8 ", "１0.0.0.0/8",
    ])
  func noRanges(_ text: String) {
    #expect(CIDR.parse(text) == nil)
  }

  @Test("blocks contain, overlap and divide")
  func blocks() {
    let block = IPv4Block.octets(10, 20, 0, 0, prefix: 16)
    #expect(block.contains(.octets(10, 20, 255, 0, prefix: 24)))
    #expect(!block.contains(.octets(10, 0, 0, 0, prefix: 8)))
    #expect(block.overlaps(.octets(10, 0, 0, 0, prefix: 8)))
    #expect(!block.overlaps(.octets(10, 21, 0, 0, prefix: 16)))
    #expect(block.capacity(ofPrefix: 24) == 256)
    #expect(block.block(255, ofPrefix: 24) == .octets(10, 20, 255, 0, prefix: 24))
    #expect(block.block(256, ofPrefix: 24) == nil)
    #expect(block.block(0, ofPrefix: 8) == nil)
    #expect(IPv4Block.octets(0, 0, 0, 0, prefix: 0).block(3, ofPrefix: 2) == .octets(192, 0, 0, 0, prefix: 2))
  }

  @Test("versions compare by number, not by text")
  func versions() throws {
    #expect(try #require(EngineVersion("15.9")) < (try #require(EngineVersion("15.10"))))
    #expect(EngineVersion("15.10")?.description == "15.10")
    for text in ["15", "15.", ".10", "15.1.2", "15.01", "v15.1", "15.10 ", "15.-1", ""] {
      #expect(EngineVersion(text) == nil, "\(text)")
    }
  }

  @Test("windows pass midnight and the end of the week, and know when they overlap")
  func windows() throws {
    let night = try #require(DailyWindow("23:30-00:30"))
    #expect(night.minutes == 60)
    #expect(night.description == "23:30-00:30")
    let weekend = try #require(WeeklyWindow("sun:23:45-mon:00:45"))
    #expect(weekend.minutes == 60)
    #expect(weekend.description == "sun:23:45-mon:00:45")
    #expect(weekend.overlaps(night))
    #expect(try #require(WeeklyWindow("mon:00:00-mon:00:10")).overlaps(night))
    #expect(!(try #require(WeeklyWindow("mon:00:30-mon:01:00")).overlaps(night)))
    #expect(!(try #require(WeeklyWindow("wed:10:00-wed:11:00")).overlaps(night)))
    for text in ["24:00-01:00", "3:00-4:00", "03:00-03:00", "03:00", "03:60-04:00", "03:00–04:00"] {
      #expect(DailyWindow(text) == nil, "\(text)")
    }
    for text in ["Sun:05:00-sun:06:00", "sun:05:00", "sun:05:00-06:00", "xyz:05:00-sun:06:00"] {
      #expect(WeeklyWindow(text) == nil, "\(text)")
    }
  }

  @Test(
    "durations are written back in their largest fitting unit",
    arguments: [
      (Duration.seconds(5), "5s"), (.seconds(90), "90s"), (.seconds(120), "2m"), (.milliseconds(1500), "1500ms"),
      (.days(14), "14d"), (.seconds(3600), "1h"), (.zero, "0s"), (.seconds(86_401), "86401s"),
    ])
  func durations(_ duration: Duration, _ text: String) {
    #expect(duration.specText == text)
  }

  @Test(
    "a number without a unit is told to be seconds, a time without quotes to be quoted",
    arguments: [
      ("dns:\n  zone: minimal.internal", "dns:\n  ttl: 5\n  zone: minimal.internal", "write 5s"),
      ("dns:", "backups: {at: 02:00}\ndns:", "write \"02:00\""),
      ("dns:", "backups: {at: 2}\ndns:", "write a time of day: in UTC and in quotes, as in \"03:00\""),
    ])
  func ambiguous(_ old: String, _ new: String, _ hint: String) throws {
    let reading = read(try minimal((old, new)))
    #expect(reading.rules == ["yaml.ambiguous"])
    #expect(reading.diagnostics.all[0].hint == hint)
  }

  @Test(
    "what is no duration is refused with the likely one",
    arguments: [
      ("5", "5s"), ("5S", "5s"), ("5 s", "5s"), ("1.5s", nil), ("-5s", nil), ("05s", nil), ("s", nil), ("5w", nil),
    ])
  func noDurations(_ text: String, _ suggestion: String?) throws {
    let reading = read(try minimal(("  zone: minimal.internal", "  zone: minimal.internal\n  ttl: \"\(text)\"")))
    #expect(reading.rules == ["spec.value"])
    #expect(reading.diagnostics.all[0].hint == suggestion.map { "did you mean \"\($0)\"?" })
  }
}

@Suite("Names follow from the stack's name")
struct NameTests {
  @Test("every name of the reference stack is one that its service takes")
  func reference() throws {
    let reading = SpecFile.read(try Repository.bytes("specs/payments.yaml"), file: "a.yaml")
    let names = Names(try #require(reading.stack))
    #expect(names.all.allSatisfy { $0.limit.accepts($0.name) })
    #expect(names.instance("a") == "payments-a")
    #expect(names.keyAlias == "alias/harecon/payments/main")
    #expect(names.rolePath == "/harecon/payments/")
    #expect(names.logGroup(.postgresql) == "/aws/rds/cluster/payments/postgresql")
    #expect(names.finalSnapshot(at: "20261122T164500Z") == "payments-final-20261122t164500z")
    #expect(names.clusterParameterGroup == "payments-cluster-pg15")
    #expect(names.writerRecord == "writer.payments.internal")
    #expect(names.function(.lagGuard) == "payments-lag-guard")
    #expect(names.queue(.replayDead) == "payments-replay-dead.fifo")
    #expect(names.evidenceBucket == "payments-evidence-111122223333-us-east-1")
    #expect(names.restoreTestingPlan == "payments_daily")
  }

  @Test("no secret's name ends with a hyphen and six characters, whatever the names of stack and user")
  func secrets() throws {
    let text = try minimal(("name: minimal", "name: a-b")) + "\nsecrets:\n  users:\n    - {name: abcdef}\n"
    let stack = try #require(read(text).stack)
    let name = Names(stack).secret(of: stack.secrets.users[0])
    #expect(name == "a-b/users/abcdef")
    #expect(name.firstMatch(of: /-[^-]{6}$/) == nil)
  }

  @Test("no stack's name, however long, makes a name too long by itself")
  func longest() throws {
    let text = try minimal(("name: minimal", "name: abcdefghij-012345678"))
    #expect(read(text).lines == [])
  }

  @Test(
    "a pattern takes what its regular expression takes",
    arguments: [
      "", "a", "ab", "abc", "a-b", "a--b", "-ab", "ab-", "Abc", "a_b", "1ab", "ab1", "aé", "aaaaaaaaaaaaaaaaaaaaa",
    ])
  func patterns(_ text: String) throws {
    for pattern in [TextPattern.stackName, .memberName, .account, .database, .parameterName, .label, .ruleDescription] {
      let expression = try Regex(pattern.form.pattern)
      #expect(pattern.accepts(text) == (try expression.wholeMatch(in: text) != nil), "\(pattern.form.noun): \(text)")
    }
  }
}
