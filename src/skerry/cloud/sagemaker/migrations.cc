#include "skerry/cloud/sagemaker/migrations.h"

#include <array>

namespace skerry::cloud {
namespace {

Migration Fleets() {
  return {
      "sagemaker/1",
      {
          "CREATE TABLE sm_fleets (name TEXT PRIMARY KEY, arn TEXT NOT NULL, "
          "role_arn TEXT, description TEXT, output_config TEXT NOT NULL, "
          "role_alias TEXT, device_count BIGINT NOT NULL, "
          "created BIGINT NOT NULL, modified BIGINT NOT NULL)",
          // 0: no heartbeat yet.
          "CREATE TABLE sm_devices (fleet TEXT NOT NULL, name TEXT NOT NULL, "
          "arn TEXT NOT NULL UNIQUE, description TEXT, thing_name TEXT, "
          "registered BIGINT NOT NULL, heartbeat BIGINT NOT NULL, "
          "agent_version TEXT, metrics TEXT, PRIMARY KEY (fleet, name))",
          "CREATE TABLE sm_device_models (arn TEXT NOT NULL, "
          "fleet TEXT NOT NULL, model TEXT NOT NULL, version TEXT NOT NULL, "
          "sampled BIGINT NOT NULL, inferred BIGINT NOT NULL, metrics TEXT, "
          "PRIMARY KEY (arn, model))",
          "CREATE INDEX sm_device_models_fleet ON sm_device_models (fleet, "
          "model, version)",
          "CREATE TABLE sm_tags (arn TEXT NOT NULL, name TEXT NOT NULL, "
          "value TEXT NOT NULL, PRIMARY KEY (arn, name))",
      }};
}

Migration Jobs() {
  return {
      "sagemaker/2",
      {
          // Beside the rows of `jobs`: what lists are filtered and sorted by.
          "CREATE TABLE sm_compilation_jobs (name TEXT PRIMARY KEY, "
          "arn TEXT NOT NULL, target_device TEXT, os TEXT, arch TEXT, "
          "accelerator TEXT)",
          "CREATE TABLE sm_packaging_jobs (name TEXT PRIMARY KEY, "
          "arn TEXT NOT NULL, compilation_job TEXT NOT NULL, "
          "model TEXT NOT NULL, version TEXT NOT NULL)",
      }};
}

Migration Plans() {
  return {
      "sagemaker/3",
      {
          "CREATE TABLE sm_plans (name TEXT PRIMARY KEY, arn TEXT NOT NULL, "
          "fleet TEXT NOT NULL, model_configs TEXT NOT NULL, "
          "created BIGINT NOT NULL, modified BIGINT NOT NULL)",
          "CREATE INDEX sm_plans_fleet ON sm_plans (fleet)",
          // `deployment`: the name that devices know a start of a stage by.
          "CREATE TABLE sm_stages (plan TEXT NOT NULL, name TEXT NOT NULL, "
          "position BIGINT NOT NULL, selection TEXT NOT NULL, "
          "policy TEXT NOT NULL, status TEXT NOT NULL, "
          "started BIGINT NOT NULL, deployment TEXT, definitions TEXT, "
          "PRIMARY KEY (plan, name))",
          "CREATE INDEX sm_stages_deployment ON sm_stages (deployment)",
          "CREATE TABLE sm_stage_devices (plan TEXT NOT NULL, "
          "stage TEXT NOT NULL, fleet TEXT NOT NULL, device TEXT NOT NULL, "
          "status TEXT NOT NULL, message TEXT, started BIGINT NOT NULL, "
          "PRIMARY KEY (plan, stage, device))",
          "CREATE INDEX sm_stage_devices_device ON sm_stage_devices (fleet, "
          "device)",
      }};
}

Migration Registry() {
  return {
      "sagemaker/4",
      {
          "CREATE TABLE sm_model_groups (name TEXT PRIMARY KEY, "
          "arn TEXT NOT NULL, description TEXT, managed TEXT, policy TEXT, "
          "last_version BIGINT NOT NULL, package_count BIGINT NOT NULL, "
          "created BIGINT NOT NULL, created_by TEXT NOT NULL)",
          // `name`: "NAME", or "GROUP/VERSION"; `content`: what was created.
          "CREATE TABLE sm_model_packages (name TEXT PRIMARY KEY, "
          "id TEXT NOT NULL UNIQUE, arn TEXT NOT NULL, "
          "group_name TEXT NOT NULL, version BIGINT NOT NULL, "
          "content TEXT NOT NULL, approval TEXT, approval_description TEXT, "
          "client_token TEXT UNIQUE, created BIGINT NOT NULL, "
          "created_by TEXT NOT NULL, modified BIGINT NOT NULL, "
          "modified_by TEXT)",
          "CREATE INDEX sm_model_packages_group ON sm_model_packages "
          "(group_name, version)",
      }};
}

}  // namespace

std::span<const Migration> SageMakerMigrations() {
  static const std::array<Migration, 4> kMigrations = {Fleets(), Jobs(),
                                                       Plans(), Registry()};
  return kMigrations;
}

}  // namespace skerry::cloud
