// SPDX-License-Identifier: Apache-2.0

internal import Core

/// Passwords and how often they are changed. Their values are never read by harecon.
package struct Secrets: Sendable {
  @Located package var at: TimeOfDay
  @Located package var master: MasterSecret
  @Located package var users: [DatabaseUser]

  package init() {}

  /// When Secrets Manager rotates the master's password; nil for a period that HA110 refuses.
  package var masterSchedule: String? { RotationSchedule.expression(every: master.rotateEvery, at: at) }

  /// When Secrets Manager rotates the user's password; nil for a period that HA110 refuses.
  package func schedule(of user: DatabaseUser) -> String? {
    RotationSchedule.expression(every: user.rotateEvery, at: at)
  }
}

/// The secret that RDS made for the master user.
package struct MasterSecret: Sendable {
  @Located package var rotateEvery: Duration

  package init() {}
}

/// A user of the database, who has a second one beside for rotation.
package struct DatabaseUser: Sendable {
  @Located package var name: String
  @Located package var rotateEvery: Duration

  package init() {}

  /// The other of the two users that take turns.
  package var alternate: String { name + Self.alternateSuffix }

  package static let alternateSuffix = "_clone"
}

extension Secrets: Section {
  package static let fields: [Field<Secrets>] = [
    .defaulted(
      "at", \.$at, .timeOfDay, .hour(4),
      "When the hours begin in which passwords are rotated, in UTC, on a full hour before 22:00."),
    .section(
      "master", \.$master, required: false,
      "The master user's secret, which RDS makes and rotates; nobody needs to know the password."),
    .defaulted(
      "users", \.$users, .list(of: DatabaseUser.self), [],
      """
      Application users, each with a secret. Two users with the same rights take turns at every rotation, so that the \
      password that an application holds stays good until the next one.
      """),
  ]
}

extension MasterSecret: Section {
  package static let fields: [Field<MasterSecret>] = [
    .defaulted(
      "rotateEvery", \.$rotateEvery, .duration, .days(7),
      "How often its password is changed: \(RotationSchedule.periodsText).")
  ]
}

extension DatabaseUser: Section {
  package static let fields: [Field<DatabaseUser>] = [
    .required(
      "name", \.$name, .text(.user),
      "The user's name in the database; the second one is `<name>_clone`. Its secret is `<stack>/users/<name>`.",
      example: "app"),
    .defaulted(
      "rotateEvery", \.$rotateEvery, .duration, .days(30),
      "How often its password is changed: \(RotationSchedule.periodsText)."),
  ]
}
