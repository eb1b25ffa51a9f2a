"""What the world's mail servers think of ours: the DNS records of a sender's domain, and the rates of bounces and complaints."""
