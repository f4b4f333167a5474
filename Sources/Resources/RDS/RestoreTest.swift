// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIRDS

/// What AWS Backup restores to try a backup: a cluster, and the instance that a check attaches to it.
///
/// Such a cluster may carry all tags of the one that it was made from, harecon's among them. It belongs to AWS Backup, which
/// finds it by a tag of its own and deletes it when its time is over; to change or delete it, or to take the tag away, would
/// leave a copy of the database behind for good.
enum RestoreTest {
  /// The tag of what is restored, and how its name begins.
  static let mark = "awsbackup-restore-test"

  static func made(_ cluster: RDS.DBCluster) -> Bool {
    isMarked(cluster.dbClusterIdentifier, cluster.tagList)
  }

  static func made(_ instance: RDS.DBInstance) -> Bool {
    isMarked(instance.dbInstanceIdentifier, instance.tagList) || isMarked(instance.dbClusterIdentifier, nil)
  }

  private static func isMarked(_ name: String?, _ tags: [RDS.Tag]?) -> Bool {
    name?.hasPrefix("\(mark)-") == true || tags?.contains { $0.key == mark } == true
  }
}
