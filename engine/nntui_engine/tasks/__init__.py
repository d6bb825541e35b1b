"""What a run can do: train networks, or descend a surface, from a lane's tables on."""
