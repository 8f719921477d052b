# The pairs of orchestrator and door: on EC2, one a machine, because sandboxes need what Fargate does not allow.

data "aws_ssm_parameter" "machine_image" {
  name = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"
}

resource "aws_launch_template" "workers" {
  name_prefix            = "bosun-workers-"
  image_id               = data.aws_ssm_parameter.machine_image.value
  instance_type          = var.worker_instance_type
  vpc_security_group_ids = [aws_security_group.tasks.id]

  iam_instance_profile {
    arn = aws_iam_instance_profile.machine.arn
  }

  # Containers reach the machine's own credentials through this; one hop keeps them out.
  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  # User namespaces and a /proc of their own for the sandboxes: the machine runs nothing but Bosun.
  user_data = base64encode(<<-SCRIPT
    #!/bin/sh
    set -eu
    echo 'user.max_user_namespaces = 15000' > /etc/sysctl.d/90-bosun.conf
    sysctl --system
    mkdir -p /etc/docker /var/lib/bosun
    echo '{"seccomp-profile": "unconfined"}' > /etc/docker/daemon.json
    systemctl restart docker
    chown 10001:10001 /var/lib/bosun
    echo 'ECS_CLUSTER=${aws_ecs_cluster.bosun.name}' >> /etc/ecs/ecs.config
    echo 'ECS_CONTAINER_STOP_TIMEOUT=60s' >> /etc/ecs/ecs.config
  SCRIPT
  )
}

resource "aws_autoscaling_group" "workers" {
  name                  = "bosun-workers"
  min_size              = 2
  max_size              = 4
  desired_capacity      = 2
  vpc_zone_identifier   = var.private_subnet_ids
  protect_from_scale_in = true

  launch_template {
    id      = aws_launch_template.workers.id
    version = aws_launch_template.workers.latest_version
  }

  tag {
    key                 = "AmazonECSManaged"
    value               = true
    propagate_at_launch = true
  }
}

resource "aws_ecs_capacity_provider" "workers" {
  name = "bosun-workers"

  auto_scaling_group_provider {
    auto_scaling_group_arn         = aws_autoscaling_group.workers.arn
    managed_termination_protection = "ENABLED"

    managed_scaling {
      status          = "ENABLED"
      target_capacity = 100
    }
  }
}

resource "aws_ecs_cluster_capacity_providers" "bosun" {
  cluster_name       = aws_ecs_cluster.bosun.name
  capacity_providers = ["FARGATE", aws_ecs_capacity_provider.workers.name]
}

resource "aws_ecs_task_definition" "workers" {
  family                   = "bosun-workers"
  requires_compatibilities = ["EC2"]
  network_mode             = "awsvpc"
  task_role_arn            = aws_iam_role.task.arn
  execution_role_arn       = aws_iam_role.execution.arn
  container_definitions    = templatefile("${path.module}/containers/workers.json", local.containers)

  # On the machine, so that the pair that comes after takes up where this one stopped.
  volume {
    name      = "data"
    host_path = "/var/lib/bosun"
  }

  volume {
    name = "temporary"
  }
}

resource "aws_ecs_service" "workers" {
  name            = "workers"
  cluster         = aws_ecs_cluster.bosun.id
  task_definition = aws_ecs_task_definition.workers.arn
  desired_count   = 2

  # The directory of a machine has one orchestrator at a time: the old pair goes before the new one comes.
  deployment_minimum_healthy_percent = 50
  deployment_maximum_percent         = 100

  capacity_provider_strategy {
    capacity_provider = aws_ecs_capacity_provider.workers.name
    weight            = 1
  }

  placement_constraints {
    type = "distinctInstance"
  }

  network_configuration {
    subnets         = var.private_subnet_ids
    security_groups = [aws_security_group.tasks.id]
  }

  depends_on = [aws_ecs_cluster_capacity_providers.bosun]
}
