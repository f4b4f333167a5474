// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension S3Bucket: Sampled {
  static func sample(in stage: Stage) -> Sample {
    // Names are the world's, and the accounts of the suite are one world.
    let bucketName = "\(stage.stack)-evidence-\(stage.account)"
    let bucket = Node<Self>(
      "evidence",
      .init(
        name: bucketName, account: stage.account, key: stage.key.output(\.arn),
        retention: .init(days: 30), tags: stage.tags(name, "evidence")))
    return Sample(
      bucket, needs: [stage.key.resource()],
      others: [
        .other(\.key, given: "arn:aws:kms:us-east-1:\(stage.account):key/11111111-2222-3333-4444-555555555555"),
        .other(\.sharesDataKeys, false),
        .other(\.isClosed, false),
        .other(\.ownership, "BucketOwnerPreferred"),
        .other(\.policy, tlsOnly(bucketName, partition: "aws").replacing("TLSOnly", with: "TLS")),
        .other(\.isLocked, false),
        .other(\.retention, .init("COMPLIANCE", days: 7)),
        .other(\.lifecycle, .init(expiration: 400, oldVersions: 90)),
        .other(\.tags, stage.tags(name, "evidence", team: "platform")),
      ],
      untried: ["versioned": "a lock keeps versions on: a bucket without one is tried by itself"],
      drifts: [
        Drift("opened to the public", changes: "closed") { stage, live in
          try await stage.edit("s3", "DeletePublicAccessBlock", ["Bucket": .string(live.id)])
        },
        Drift("policy deleted", changes: "policy") { stage, live in
          try await stage.edit("s3", "DeleteBucketPolicy", ["Bucket": .string(live.id)])
        },
        Drift("encrypted with AWS's key", changes: "key") { stage, live in
          try await stage.edit(
            "s3", "PutBucketEncryption",
            [
              "Bucket": .string(live.id),
              "ServerSideEncryptionConfiguration": [
                "Rules": [
                  ["ApplyServerSideEncryptionByDefault": ["SSEAlgorithm": "aws:kms"], "BucketKeyEnabled": true]
                ]
              ],
            ])
        },
        Drift("another's rule of expiry", changes: "lifecycle") { stage, live in
          try await stage.edit(
            "s3", "PutBucketLifecycleConfiguration",
            [
              "Bucket": .string(live.id),
              "LifecycleConfiguration": [
                "Rules": [
                  ["ID": "by-hand", "Status": "Enabled", "Filter": ["Prefix": ""], "Expiration": ["Days": 1]]
                ]
              ],
            ])
        },
      ])
  }
}
