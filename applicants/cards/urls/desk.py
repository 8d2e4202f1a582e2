"""The desk's pages about cards."""

from django.urls import path

from applicants.cards.views import batches, desk, list_file, losing

urlpatterns = [
    path("desk/cards/", desk.desk_cards, name="desk_cards"),
    path("desk/cards/file/", list_file.desk_cards_file, name="desk_cards_file"),
    path("desk/cards/batches/", batches.print_batches, name="print_batches"),
    path("desk/cards/batches/<str:number>/", batches.print_batch, name="print_batch"),
    path("desk/cards/batches/<str:number>/download/", batches.print_batch_download, name="print_batch_download"),
    path("desk/cards/<uuid:id>/", desk.card_file, name="card_file"),
    path("desk/cards/<uuid:id>/faces/<slug:kind>/", desk.card_face, name="card_face"),
    path("card/loss/", losing.card_loss, name="card_loss"),
    path("card/picture/<slug:kind>/", losing.card_picture, name="card_picture"),
]
