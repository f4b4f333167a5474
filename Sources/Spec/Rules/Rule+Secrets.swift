// SPDX-License-Identifier: Apache-2.0

internal import Core

extension Rule {
  /// Passwords and whose they are.
  static let secrets: [Rule] = [
    Rule(
      "HA110", "rotation-period",
      what: "Passwords are changed in periods that a schedule of Secrets Manager can say, of 4 hours or more.",
      why: """
        Secrets Manager rotates every four hours at most. A rate is not used: with it a change of the schedule may still \
        run the old one, and a cron expression knows hours, days, weeks and months.
        """,
      wayOut: "choose \(RotationSchedule.periodsText)",
      reads: ["secrets.master.rotateEvery", "secrets.users"]
    ) { stack in
      let periods = [stack.secrets.master.$rotateEvery] + stack.secrets.users.map(\.$rotateEvery)
      return periods.filter { !RotationSchedule.periods.contains($0.value) }.map { period in
        let nearest = RotationSchedule.periods.last { $0 <= period.value } ?? RotationSchedule.periods[0]
        return Finding(
          "no schedule says \"every \(period.value.specText)\"", at: period.span,
          hint: "choose \(RotationSchedule.periodsText); the nearest that is not longer is \(nearest.specText)")
      }
    },
    Rule(
      "HA111", "rotation-hour",
      what: "Passwords are changed on a full hour before 22:00.",
      why: """
        Secrets Manager's schedules have minute 0, and the two hours in which it rotates may not reach into the next day.
        """,
      wayOut: "set `secrets.at` to \"04:00\"",
      reads: ["secrets.at"]
    ) { stack in
      let minutes = stack.secrets.at.minutes
      return minutes.isMultiple(of: 60) && minutes < 22 * 60
        ? [] : [Finding("\"\(stack.secrets.at)\" is not a full hour before 22:00", at: stack.secrets.$at.span)]
    },
    Rule(
      "HA112", "user-names",
      what: "Application users have different names, of at most \(longestUser) characters, that nobody else has.",
      why: """
        Each user has a second one, `<name>\(DatabaseUser.alternateSuffix)`, for rotation; PostgreSQL cuts names after 63 \
        characters, RDS keeps some for itself, and the master user has its own secret.
        """,
      wayOut: "choose another name",
      reads: ["secrets.users", "cluster.masterUser"]
    ) { stack in
      let users = stack.secrets.users
      var taken: Set<String> = [stack.cluster.masterUser]
      return users.compactMap { user in
        defer { taken.formUnion([user.name, user.alternate]) }
        if taken.contains(user.name) || taken.contains(user.alternate) {
          return Finding("there is another user \"\(user.name)\" or \"\(user.alternate)\"", at: user.$name.span)
        }
        if isReservedUser(user.name) {
          return Finding("a user cannot be named \"\(user.name)\"", at: user.$name.span)
        }
        return user.name.utf8.count <= longestUser
          ? nil : Finding("\"\(user.alternate.clipped)\" is longer than 63 characters", at: user.$name.span)
      }
    },
  ]

  private static let longestUser = 63 - DatabaseUser.alternateSuffix.utf8.count
}
