# All that lasts: the queue with its dead letters, the database, the bucket.

resource "aws_sqs_queue" "dead" {
  name                      = "bosun-dead"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue" "wake" {
  name                       = "bosun"
  message_retention_seconds  = 86400
  receive_wait_time_seconds  = 20
  visibility_timeout_seconds = 60
  sqs_managed_sse_enabled    = true

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  queue_url = aws_sqs_queue.dead.id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.wake.arn]
  })
}

resource "aws_s3_bucket" "artifacts" {
  bucket_prefix = "bosun-artifacts-"
}

resource "aws_s3_bucket_public_access_block" "artifacts" {
  bucket                  = aws_s3_bucket.artifacts.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "artifacts" {
  bucket = aws_s3_bucket.artifacts.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_db_subnet_group" "bosun" {
  name       = "bosun"
  subnet_ids = var.private_subnet_ids
}

resource "aws_security_group" "database" {
  name   = "bosun-database"
  vpc_id = var.vpc_id

  ingress {
    from_port       = 5432
    to_port         = 5432
    protocol        = "tcp"
    security_groups = [aws_security_group.tasks.id]
  }
}

resource "aws_db_instance" "bosun" {
  identifier                  = "bosun"
  engine                      = "postgres"
  engine_version              = "17"
  instance_class              = "db.m7g.large"
  allocated_storage           = 50
  storage_type                = "gp3"
  storage_encrypted           = true
  multi_az                    = true
  db_name                     = "bosun"
  username                    = "bosun"
  manage_master_user_password = true
  backup_retention_period     = 14
  deletion_protection         = true
  copy_tags_to_snapshot       = true
  skip_final_snapshot         = false
  final_snapshot_identifier   = "bosun-final"
  db_subnet_group_name        = aws_db_subnet_group.bosun.name
  vpc_security_group_ids      = [aws_security_group.database.id]
}
