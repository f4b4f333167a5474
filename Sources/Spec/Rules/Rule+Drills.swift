// SPDX-License-Identifier: Apache-2.0

internal import Core

extension Rule {
  /// Faults that can be injected, and verdicts that mean something.
  static let drills: [Rule] = [
    Rule(
      "HA150", "drill-names",
      what: "Drills have different names.",
      why: "A drill's schedule, its experiments and its reports are found by its name.",
      wayOut: "give each drill a name of its own",
      reads: ["drills"]
    ) { stack in
      repetitions(of: stack.drills, by: \.name) { drill, first in
        Finding(
          "a second drill is named \"\(drill.name)\"", at: drill.$name.span,
          notes: ["the first is in line \(first.$name.span.start.line)"])
      }
    },
    Rule(
      "HA151", "drill-target",
      what: "A drill names the member or the zone that its fault needs, and nothing else.",
      why: """
        An experiment takes its targets as they are: one that finds none fails, and a field that the fault does not read \
        would promise something that never happens.
        """,
      wayOut: "give `member` with member-restart and `zone` with zone-isolation, as `cluster.members` and "
        + "`network.zones` name them",
      reads: ["drills", "cluster.members", "network.zones"]
    ) { stack in
      stack.drills.flatMap { targets(of: $0, stack) }
    },
    Rule(
      "HA152", "drills-apart",
      what: "Drills begin an hour apart.",
      why: "While the stack still recovers from one fault, the outage that a second one causes is nobody's verdict.",
      wayOut: "move one of the two",
      reads: ["drills"]
    ) { stack in
      stack.drills.indices.compactMap { index in
        let drill = stack.drills[index]
        guard let other = stack.drills[..<index].first(where: { $0.schedule.distance(to: drill.schedule) < 60 })
        else { return nil }
        return Finding(
          "\"\(drill.name)\" begins less than an hour from \"\(other.name)\"", at: drill.$schedule.span,
          notes: ["the other is in line \(other.$schedule.span.start.line)"])
      }
    },
    Rule(
      "HA153", "drill-maintenance", .warning,
      what: "No drill begins in the maintenance window.",
      why: "A restart by AWS and a fault by harecon look the same to clients: the verdict would be about both.",
      wayOut: "move the drill or `cluster.maintenanceWindow`",
      reads: ["drills", "cluster.maintenanceWindow"]
    ) { stack in
      let window = stack.cluster.maintenanceWindow
      return stack.drills.filter { window.contains($0.schedule) }.map { drill in
        Finding(
          "\"\(drill.name)\" begins in the maintenance window \"\(window)\"",
          at: drill.$schedule.isDefault ? stack.cluster.$maintenanceWindow.span : drill.$schedule.span)
      }
    },
    Rule(
      "HA154", "drill-duration",
      what: "A zone is cut off for 1 to 30 whole minutes.",
      why:
        "FIS counts in minutes and takes one at least; what half an hour does not show, a longer one does not either.",
      wayOut: "set the drill's `duration` to 2m",
      reads: ["drills"]
    ) { stack in
      stack.drills.filter { !wholeMinutes($0.duration, 1...30) }.map { drill in
        Finding("\(drill.duration.specText) is not 1 to 30 whole minutes", at: drill.$duration.span)
      }
    },
  ]

  private static func targets(of drill: Drill, _ stack: Stack) -> [Finding] {
    let members = stack.cluster.members.map(\.name)
    let zones = stack.network.zones.map(\.value)
    switch drill.fault {
    case .writerFailover:
      return unread(drill, drill.$member, "member") + unread(drill, drill.$zone, "zone")
    case .memberRestart:
      return wanted(drill, drill.$member, "member", among: members) + unread(drill, drill.$zone, "zone")
    case .zoneIsolation:
      return wanted(drill, drill.$zone, "zone", among: zones) + unread(drill, drill.$member, "member")
    }
  }

  private static func wanted(
    _ drill: Drill, _ field: Located<String?>, _ name: String, among known: [String]
  ) -> [Finding] {
    let choice = "choose one of \(known.joined(separator: ", "))"
    guard let value = field.value else {
      return [
        Finding("\"\(drill.fault.rawValue)\" needs a \(name)", at: drill.$fault.span, hint: "give `\(name)`: \(choice)")
      ]
    }
    return known.contains(value) ? [] : [Finding("there is no \(name) \"\(value)\"", at: field.span, hint: choice)]
  }

  private static func unread(_ drill: Drill, _ field: Located<String?>, _ name: String) -> [Finding] {
    guard field.value != nil else { return [] }
    return [
      Finding("\"\(drill.fault.rawValue)\" has no \(name)", at: field.span, hint: "remove `\(name)`")
    ]
  }
}
