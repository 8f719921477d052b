# Bosun on Amazon ECS: webs on Fargate, pairs of orchestrator and door on EC2. README.md says how to use this.

terraform {
  required_version = ">= 1.6"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.60"
    }
  }
}

provider "aws" {
  region = var.region
}

variable "region" {
  type        = string
  description = "The AWS region."
}

variable "image" {
  type        = string
  description = "The image of deploy/image, in a registry that ECS may read."
}

variable "app_id" {
  type        = string
  description = "The id of the GitHub App."
}

variable "url" {
  type        = string
  description = "Where people reach Bosun, such as https://bosun.example.com."
}

variable "vpc_id" {
  type        = string
  description = "The network everything lies in."
}

variable "private_subnet_ids" {
  type        = list(string)
  description = "At least two, with a way out to GitHub, the model provider and AWS."
}

variable "public_subnet_ids" {
  type        = list(string)
  description = "At least two, for the load balancer."
}

variable "certificate_arn" {
  type        = string
  description = "The TLS certificate of the load balancer."
}

variable "secret_arn" {
  type        = string
  description = "A secret in Secrets Manager with the keys PRIVATE_KEY, WEBHOOK_SECRET, DATABASE_URL and ANTHROPIC_API_KEY."
}

variable "worker_instance_type" {
  type        = string
  description = "The machine of one pair of orchestrator and door."
  default     = "m7i.xlarge"
}

locals {
  containers = {
    image      = var.image
    app_id     = var.app_id
    url        = var.url
    region     = var.region
    secret_arn = var.secret_arn
    queue_url  = aws_sqs_queue.wake.url
    bucket     = aws_s3_bucket.artifacts.bucket
    log_group  = aws_cloudwatch_log_group.bosun.name
  }
}

output "queue_url" {
  value = aws_sqs_queue.wake.url
}

output "database_endpoint" {
  value = aws_db_instance.bosun.endpoint
}

output "load_balancer" {
  value = aws_lb.web.dns_name
}
